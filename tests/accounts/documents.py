"""What the tests of accounts send: one document each, whatever the outcome."""

USER = "id email firstName chatId chatStatus timeZone dayStartsAt language dateJoined"
_PAIR = f"""
    __typename
    ... on TokenPair {{ token refreshToken expiresAt refreshExpiresAt user {{ {USER} }} }}
    ... on OperationInfo {{ messages {{ kind field code message }} }}
"""
_SUCCESS = """
    __typename
    ... on Success { ok }
    ... on OperationInfo { messages { kind field code message } }
"""

ME = f"query {{ me {{ {USER} }} }}"
REGISTER = f"mutation ($input: RegisterInput!) {{ register(input: $input) {{ {_PAIR} }} }}"
TOKEN_AUTH = f"""mutation ($email: String!, $password: String!) {{
    tokenAuth(email: $email, password: $password) {{ {_PAIR} }}
}}"""
REFRESH = f"mutation ($given: String!) {{ refreshToken(refreshToken: $given) {{ {_PAIR} }} }}"
VERIFY = f"mutation ($given: String!) {{ verifyToken(token: $given) {{ {_SUCCESS} }} }}"
REVOKE = f"mutation ($given: String!) {{ revokeToken(refreshToken: $given) {{ {_SUCCESS} }} }}"
REVOKE_ALL = f"mutation {{ revokeAllTokens {{ {_SUCCESS} }} }}"
UPDATE_PROFILE = f"""mutation ($input: ProfileInput!) {{
    updateProfile(input: $input) {{
        __typename
        ... on User {{ {USER} }}
        ... on OperationInfo {{ messages {{ kind field code message }} }}
    }}
}}"""
CHANGE_PASSWORD = f"""mutation ($input: ChangePasswordInput!) {{
    changePassword(input: $input) {{ {_PAIR} }}
}}"""
REQUEST_RESET = (
    f"mutation ($email: String!) {{ requestPasswordReset(email: $email) {{ {_SUCCESS} }} }}"
)
RESET_PASSWORD = f"""mutation ($email: String!, $code: String!, $password: String!) {{
    resetPassword(email: $email, code: $code, password: $password) {{ {_PAIR} }}
}}"""
DELETE_ACCOUNT = f"""mutation ($password: String!) {{
    deleteAccount(password: $password) {{ {_SUCCESS} }}
}}"""
