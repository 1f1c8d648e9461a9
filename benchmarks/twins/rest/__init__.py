"""The original's stack: Django REST framework with simplejwt."""
