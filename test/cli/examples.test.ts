import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from './command.js';
import { useScratch } from './scratch.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const scratch = useScratch();

/** What each example says, where it is always the same. */
const OUTPUTS: Record<string, string[]> = {
	'basic.mjs': [
		'stored 6 bytes',
		"read 'Hello'",
		"bytes 1 to 4: 'ello'",
		'/',
		'archive/',
		'archive/yesterday.txt',
		'notes/',
		'notes/today.txt',
		'gone: notes/today.txt',
	],
	'streams.mjs': ['log.txt has 2288890 bytes', 'log.txt.gz is smaller: true', 'and has 200000 lines again'],
	'durable-append-log.mjs': ['events: 5', 'events after a crash: 5', 'events after the repair: 6'],
	'many-small-files.mjs': ['intact: 5000 of 5000'],
};

test('every example is tested', () => {
	// The one for the browser has a test beside those of the browser.
	expect(readdirSync(EXAMPLES).sort()).toEqual([...Object.keys(OUTPUTS), 'browser'].sort());
});

test.each(Object.keys(OUTPUTS))(
	'%s runs, says what it should, and cleans up',
	async (name) => {
		const result = await run(EXAMPLES + name, [], { env: { TMPDIR: scratch.path } });
		expect(result).toMatchObject({ code: 0, stderr: '' });
		const timed = /^(stored|read|removed) \d+ files in /;
		expect(result.lines.filter((line) => !timed.test(line))).toEqual(OUTPUTS[name]);
		expect(readdirSync(scratch.path)).toEqual([]);
	},
	300_000,
);
