// An append-only log of JSON lines. An append that was acknowledged is on the disk; one that a crash has cut is noticed.
//
//   node examples/durable-append-log.mjs

import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';

const LOG = 'events.jsonl';
const NEWLINE = 0x0a;

const root = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const op = new Operator('fs', { root });
try {
	// One append after the other: appends that are in flight together have no order between them.
	for (let number = 1; number <= 5; number++) await append({ number, what: 'something happened' });
	console.log(`events: ${(await readLog()).length}`);

	// What a crash in the middle of an append leaves, made by hand.
	await appendFile(join(root, LOG), '{"number":6,"wha');
	console.log(`events after a crash: ${(await readLog()).length}`);

	// The whole entries are put in place of the log, at once: the torn end is gone, and appending can go on.
	const whole = (await readLog()).map((event) => `${JSON.stringify(event)}\n`).join('');
	await op.write(LOG, whole);
	await append({ number: 6, what: 'again' });
	console.log(`events after the repair: ${(await readLog()).length}`);
} finally {
	await op.close();
	await rm(root, { recursive: true });
}

/** Settles when the event is on the disk. */
async function append(event) {
	await op.write(LOG, `${JSON.stringify(event)}\n`, { append: true, durability: 'full' });
}

/** Every event that was written to its end. */
async function readLog() {
	const content = await op.read(LOG);
	const end = content.lastIndexOf(NEWLINE) + 1;
	return content
		.subarray(0, end)
		.toString()
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));
}
