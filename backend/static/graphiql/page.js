"use strict";

// Starts GraphiQL on the address it was loaded from. Nothing is fetched from anywhere else.

(() => {
  const PREFIX = "good-habits:";

  // Other projects' GraphiQL may have lived on this origin (every one likes localhost:8000):
  // its tabs must not turn up here, nor this one's tokens there.
  const storage = {
    getItem: (key) => localStorage.getItem(PREFIX + key),
    setItem: (key, value) => localStorage.setItem(PREFIX + key, value),
    removeItem: (key) => localStorage.removeItem(PREFIX + key),
    keys: () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)),
    clear() {
      this.keys().forEach((key) => localStorage.removeItem(key));
    },
    get length() {
      return this.keys().length;
    },
  };

  // GraphiQL writes its tabs and the editors' texts at different moments. After a reload in
  // between it would not find the texts in any tab and open one more: let the tabs decide.
  const restoreActiveTab = () => {
    const stored = JSON.parse(storage.getItem("graphiql:tabState"));
    const active = stored?.tabs?.[stored.activeTabIndex];
    for (const name of ["query", "variables", "headers"]) {
      if (active?.[name]) storage.setItem(`graphiql:${name}`, active[name]);
      else storage.removeItem(`graphiql:${name}`);
    }
  };

  const json = (value) => JSON.stringify(value, null, 2);

  const TOKEN_HEADER = json({ Authorization: "Bearer <token from register>" });

  const OVERVIEW = `# All that this API can do: run me (▶ or Ctrl-Enter).
#
# Then the tab "Register" makes an account and answers
# a token, which the Headers pane of the later tabs takes.
#
# The book at the top left describes every type, field
# and argument; Ctrl-Space completes what you type.

query Overview {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
    mutationType {
      fields {
        name
        description
      }
    }
  }
}
`;

  const REGISTER = `# Works once for an e-mail address: put yours into the
# Variables pane below. The token goes into the Headers
# pane of the tabs to the right.

mutation Register($input: RegisterInput!) {
  register(input: $input) {
    ... on TokenPair {
      token
      refreshToken
      expiresAt
      user {
        id
        email
      }
    }
    ... on OperationInfo {
      messages {
        kind
        field
        code
        message
      }
    }
  }
}
`;

  const LOG_IN = `# Answers a new token, for the Headers pane of the tabs to
# the right.

mutation LogIn($email: String!, $password: String!) {
  tokenAuth(email: $email, password: $password) {
    ... on TokenPair {
      token
      refreshToken
      expiresAt
    }
    ... on OperationInfo {
      messages {
        kind
        field
        code
        message
      }
    }
  }
}
`;

  const WHO_AM_I = `# Put the token from "Register" into the Headers pane
# below; a reload keeps it. It lasts five minutes; the tab
# "LogIn" answers a new one.

query WhoAmI {
  me {
    id
    email
    chatId
    timeZone
  }
}
`;

  const CREATE_HABIT = `# Needs the token in the Headers pane below. The time is
# local to the account's time zone, the duration is in
# seconds.

mutation CreateHabit($input: HabitInput!) {
  createHabit(input: $input) {
    ... on Habit {
      id
      action
      place
      time
      duration
      reward
      nextDueAt
    }
    ... on OperationInfo {
      messages {
        kind
        field
        code
        message
      }
    }
  }
}
`;

  const MY_HABITS = `# Needs the token in the Headers pane below. The next
# page: habits(first: 20, after: "<endCursor>").

query MyHabits {
  habits(first: 20) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    edges {
      node {
        id
        action
        place
        time
      }
    }
  }
}
`;

  const ACCOUNT = { email: "you@example.com", password: "a pass phrase of your own" };

  // GraphiQL names a tab after its operation.
  const TABS = [
    { query: OVERVIEW },
    {
      query: REGISTER,
      variables: json({
        input: { ...ACCOUNT, chatId: 123456789, timeZone: "Europe/Berlin" },
      }),
    },
    { query: LOG_IN, variables: json(ACCOUNT) },
    { query: WHO_AM_I, headers: TOKEN_HEADER },
    {
      query: CREATE_HABIT,
      variables: json({
        input: {
          action: "drink a glass of water",
          place: "the kitchen",
          time: "07:30",
          duration: 60,
          reward: "a cup of good coffee",
        },
      }),
      headers: TOKEN_HEADER,
    },
    { query: MY_HABITS, headers: TOKEN_HEADER },
  ];

  const fetcher = GraphiQL.createFetcher({
    url: window.location.pathname,
    headers: { Accept: "application/json" },
    // The endpoint reads the Authorization header and no cookie.
    fetch: (url, options) => fetch(url, { ...options, credentials: "omit" }),
    enableIncrementalDelivery: false,
  });

  restoreActiveTab();
  const h = React.createElement;
  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    h(
      GraphiQL,
      {
        fetcher,
        storage,
        defaultTabs: TABS,
        defaultEditorToolsVisibility: true,
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: true,
        inputValueDeprecation: true,
        schemaDescription: true,
      },
      h(GraphiQL.Logo, null, "Good habits"),
    ),
  );
})();
