"""What a production deployment needs: setting its bucket up, and checking all of it."""
