"""Import and export: files that people bring in, and what they take out."""
