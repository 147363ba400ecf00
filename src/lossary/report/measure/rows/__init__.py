"""Turn batches into rows with their losses, and bring rows together by their ids."""
