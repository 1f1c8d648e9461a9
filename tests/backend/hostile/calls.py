"""Documents whose every argument is a variable, and inputs that would be taken."""

from typing import Any

NO_HABIT = "SGFiaXQ6MA=="
"""An id that no habit has."""

USEFUL: dict[str, Any] = {
    "action": "a",
    "place": "b",
    "time": "07:30",
    "duration": 60,
    "reward": "c",
}
REGISTRATION: dict[str, Any] = {
    "email": "new@example.org",
    "password": "a-long-enough-passphrase",
    "chatId": 5,
}
MESSAGES = "{ __typename ... on OperationInfo { messages { field code message } } }"
CREATE = f"mutation ($input: HabitInput!) {{ createHabit(input: $input) {MESSAGES} }}"
UPDATE = f"mutation ($input: HabitUpdateInput!) {{ updateHabit(input: $input) {MESSAGES} }}"
PROFILE = f"mutation ($input: ProfileInput!) {{ updateProfile(input: $input) {MESSAGES} }}"
REGISTER = f"mutation ($input: RegisterInput!) {{ register(input: $input) {MESSAGES} }}"
PASSWORD = f"mutation ($input: ChangePasswordInput!) {{ changePassword(input: $input) {MESSAGES} }}"
LOG_IN = f"""mutation ($email: String!, $password: String!) {{
    tokenAuth(email: $email, password: $password) {MESSAGES}
}}"""
FORGOTTEN = f"mutation ($email: String!) {{ requestPasswordReset(email: $email) {MESSAGES} }}"
RESET = f"""mutation ($email: String!, $code: String!, $password: String!) {{
    resetPassword(email: $email, code: $code, password: $password) {MESSAGES}
}}"""
OF_ONE_TEXT = {
    name: f"mutation ($given: String!) {{ {name}({argument}: $given) {MESSAGES} }}"
    for name, argument in (
        ("refreshToken", "refreshToken"),
        ("revokeToken", "refreshToken"),
        ("verifyToken", "token"),
        ("deleteAccount", "password"),
    )
}
HABITS = """query (
    $first: Int, $after: String, $last: Int, $before: String, $filters: HabitFilter,
    $ordering: [HabitOrder!]
) {
    habits(
        first: $first, after: $after, last: $last, before: $before, filters: $filters,
        ordering: $ordering
    ) { totalCount edges { cursor } }
}"""
PUBLIC_HABITS = """query ($after: String, $before: String, $filters: PublicHabitFilter) {
    publicHabits(after: $after, before: $before, filters: $filters) { totalCount edges { cursor } }
}"""
HABIT = "query ($id: ID!) { habit(id: $id) { id } }"
PUBLIC_HABIT = "query ($id: ID!) { publicHabit(id: $id) { id } }"
DELETE = f"mutation ($id: ID!) {{ deleteHabit(id: $id) {MESSAGES} }}"
