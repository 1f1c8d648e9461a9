"""simplejwt's check of a token and of its live user, and the generation that the product has."""

from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from benchmarks.twins.tracker.models import User


class LiveUser(JWTAuthentication):
    """One query: the user, who has to be active and of the token's generation."""

    def get_user(self, validated_token: Any) -> User:
        user = super().get_user(validated_token)
        if validated_token.get("gen") != user.token_generation:
            raise AuthenticationFailed("This token has been revoked.", code="token_revoked")
        return user
