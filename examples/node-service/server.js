import { start } from './app.js';

const server = await start(Number(process.env.PORT ?? 8080));
console.log(`listening on port ${server.address().port}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => {
		server.close();
		server.closeIdleConnections();
	});
}
