// Does this image serve? Starts the service on a free port and asks for its health.
import { start } from './app.js';

const server = await start(0);
const response = await fetch(`http://127.0.0.1:${server.address().port}/healthz`);
console.log(`/healthz: ${response.status} ${await response.text()}`);
process.exit(response.ok ? 0 : 1);
