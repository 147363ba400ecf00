"""What a comparison of several models is made of."""
