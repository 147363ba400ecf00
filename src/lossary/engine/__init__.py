"""What every loss can do, and how a call is computed."""
