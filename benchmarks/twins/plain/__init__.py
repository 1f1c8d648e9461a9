"""Strawberry-Django as its documentation shows it: types over models, the optimizer, its view."""
