"""`python -m services.admin`: see `main`."""

from services.admin.main import main

if __name__ == "__main__":
    main()
