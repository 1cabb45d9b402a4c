"""The forum: aliases, threads, posts and comments. See README.md."""
