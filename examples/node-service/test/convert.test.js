import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toJson } from '../convert.js';

test('YAML keeps its types', () => {
	assert.equal(toJson('application/yaml', 'port: 80\ntags: [a, b]\nproxy: ~'), '{"port":80,"tags":["a","b"],"proxy":null}');
});

test('a CSV row becomes an object named by the header', () => {
	assert.equal(toJson('text/csv', 'city,country\n"Paris, TX",US\n'), '[{"city":"Paris, TX","country":"US"}]');
});

test('YAML with an unclosed bracket is refused', () => {
	assert.throws(() => toJson('application/yaml', 'a: [1'));
});

test('YAML that contains itself is refused', () => {
	assert.throws(() => toJson('application/yaml', '&a [*a]'));
});

test('a CSV row with too many fields is refused', () => {
	assert.throws(() => toJson('text/csv', 'city\nBerlin,DE'));
});
