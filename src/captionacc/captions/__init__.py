"""Reading a caption's text, flags for a person, and export formats."""
