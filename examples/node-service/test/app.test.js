import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from '../app.js';

let server;
let url;

before(async () => {
	server = await start(0);
	url = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
	server.close();
	server.closeAllConnections();
});

function post(mediaType, body) {
	return fetch(`${url}/json`, { method: 'POST', headers: { 'Content-Type': mediaType }, body });
}

test('/healthz says that the service is up', async () => {
	const response = await fetch(`${url}/healthz`);
	assert.equal(response.status, 200);
	assert.deepEqual(await response.json(), { status: 'ok' });
});

test('/?spec describes every endpoint', async () => {
	const response = await fetch(`${url}/?spec`);
	assert.deepEqual(Object.keys((await response.json()).paths), ['/', '/healthz', '/json']);
});

test('/json answers YAML with JSON', async () => {
	const response = await post('application/yaml; charset=utf-8', 'greeting: hello');
	assert.equal(response.headers.get('content-type'), 'application/json');
	assert.deepEqual(await response.json(), { greeting: 'hello' });
});

test('/json answers CSV with JSON', async () => {
	const response = await post('text/csv', 'city,country\nBerlin,DE');
	assert.deepEqual(await response.json(), [{ city: 'Berlin', country: 'DE' }]);
});

test('/json says what is wrong with a document', async () => {
	const response = await post('application/yaml', 'a: [1');
	assert.equal(response.status, 400);
	assert.match((await response.json()).error, /line 1/);
});

test('/json refuses a media type that it does not know', async () => {
	const response = await post('text/plain', 'hello');
	assert.equal(response.status, 415);
});

test('/json refuses a document over the limit', async () => {
	const response = await post('text/csv', 'a'.repeat(2 * 1024 * 1024));
	assert.equal(response.status, 413);
});

test('any other address is not found', async () => {
	const response = await fetch(`${url}/nowhere`);
	assert.equal(response.status, 404);
});
