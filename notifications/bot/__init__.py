"""What people say to the bot, and what it does and answers.

Updates are read by `updates`, wait in the `inbox`, and are dealt with by `answering`: `commands`
obeys messages, `presses` does what buttons are for.
"""
