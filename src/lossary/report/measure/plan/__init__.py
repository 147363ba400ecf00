"""What is to be measured: columns, forms, parameters and options."""
