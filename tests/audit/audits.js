// Runs every audit against the address given, one after the other; prints each as a line of JSON.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
try {
  for (const { fn } of serverAudits({ url })) {
    const { id, name, status, reason = null } = await fn();
    console.log(JSON.stringify({ id, name, passed: status === "ok", reason }));
  }
} catch (error) {
  console.error(`${url} does not answer: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
