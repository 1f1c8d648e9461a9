"""What happens to a person and matters to the apps above; sent inside the same transaction."""

from django.dispatch import Signal

time_zone_changed = Signal()
"""`sender`: User; `user`: as saved; `previous`: the old zone's name; `now`: the call's moment."""

chat_chosen = Signal()
"""`sender`: User; `user`: as saved, with the chat id that was just given; `now`: the moment."""

password_reset_requested = Signal()
"""`sender`: PasswordReset; `reset`: a saved row, whose code is to be sent. No transaction is open
around it but the caller's own."""

account_deleting = Signal()
"""`sender`: User; `user`: whose rows are about to be deleted, all together."""
