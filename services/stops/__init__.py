"""What one officer stops past disclosure: taken, kept on disk and obeyed alike by trustees and identity."""
