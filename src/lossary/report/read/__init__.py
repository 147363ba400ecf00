"""Read files and tables in batches."""
