import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';

const parsers = new Map([
	['application/yaml', (text) => parseYaml(text, { logLevel: 'error' })],
	['text/csv', (text) => parseCsv(text, { bom: true, columns: true, skip_empty_lines: true })],
]);

/** The media types that `toJson` reads. */
export const mediaTypes = [...parsers.keys()];

/** Turns a text of one of `mediaTypes` into JSON; throws what its parser throws. */
export function toJson(mediaType, text) {
	return JSON.stringify(parsers.get(mediaType)(text));
}
