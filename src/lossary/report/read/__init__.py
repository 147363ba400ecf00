"""Files and tables read into batches."""
