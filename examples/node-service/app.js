import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { mediaTypes, toJson } from './convert.js';

const BODY_LIMIT = 1024 * 1024;

const spec = toJson('application/yaml', await readFile(new URL('spec.yaml', import.meta.url), 'utf8'));

const routes = new Map([
	['GET /?spec', () => spec],
	['GET /healthz', () => JSON.stringify({ status: 'ok' })],
	['POST /json', convert],
]);

/** Starts the service and resolves to its server. Port 0 takes a free one. */
export async function start(port) {
	const server = createServer(respond).listen(port);
	await once(server, 'listening');
	return server;
}

async function respond(request, response) {
	const { status, body } = await answer(request);
	response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
}

async function answer(request) {
	try {
		const handle = routes.get(`${request.method} ${request.url}`);
		if (!handle) throw new HttpError(404, 'no such endpoint: see /?spec');
		return { status: 200, body: await handle(request) };
	} catch (error) {
		const { status, message } = error instanceof HttpError ? error : unexpected(error);
		return { status, body: JSON.stringify({ error: message }) };
	}
}

async function convert(request) {
	const mediaType = request.headers['content-type']?.split(';')[0].trim().toLowerCase();
	if (!mediaTypes.includes(mediaType)) throw new HttpError(415, `send one of ${mediaTypes.join(', ')}`);
	const text = await read(request);
	try {
		return toJson(mediaType, text);
	} catch (error) {
		throw new HttpError(400, error.message);
	}
}

async function read(request) {
	const chunks = [];
	let size = 0;
	// Kept open when left early, so that the answer still reaches the client.
	for await (const chunk of request.iterator({ destroyOnReturn: false })) {
		size += chunk.length;
		if (size > BODY_LIMIT) throw new HttpError(413, `send at most ${BODY_LIMIT} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}

function unexpected(error) {
	console.error(error);
	return new HttpError(500, 'internal error');
}

class HttpError extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}
