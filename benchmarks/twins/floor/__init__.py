"""The floor: WSGI, psycopg2 and a fast JSON library, and nothing in between.

What Python can do at best with hand-written SQL, for the four operations and no others.
"""
