"""What a client sees of a person's ties to Telegram."""

import datetime

import strawberry


@strawberry.type(description="A link that brings a Telegram chat to one's account.")
class TelegramLink:
    url: str = strawberry.field(
        description="Opened in Telegram by whoever reads the chat; good once."
    )
    expires_at: datetime.datetime = strawberry.field(description="Until when it is good.")
