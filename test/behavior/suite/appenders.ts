import type { Operator } from 'holdfast';
import { expect, it } from 'vitest';
import { MEBIBYTE } from '../bytes.js';
import { describeScene, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const APPENDERS = 8;
const RECORDS = 40;
/** More than a pool buffer holds, and no multiple of anything. */
const LARGE_BYTES = 2 * MEBIBYTE + 500_001;

/** Several writers that append whole records to one file at once: records don't mix, and none is lost. */
export function appenderBehavior(service: ServiceUnderTest): void {
	describeScene(service, 'appends in flight together', 'async', (scene) => {
		it('of small records by write() are all there, each whole, in each appender’s order', async () => {
			await runAppenders(scene, 200, async (op, path, records) => {
				for (const record of records) await op.write(path, record, { append: true });
			});
		});

		it('of records around and above a page by write() are all there, each whole', async () => {
			await runAppenders(scene, 20_000, async (op, path, records) => {
				for (const record of records) await op.write(path, record, { append: true });
			});
		});

		it('without waiting for one another are all there, each whole', async () => {
			await runAppenders(
				scene,
				3000,
				(op, path, records) => Promise.all(records.map((record) => op.write(path, record, { append: true }))),
				{ ordered: false },
			);
		});

		it('by one writer each are all there, each record whole', async () => {
			await runAppenders(scene, 3000, writeThroughWriter);
		});

		it('by one writer each, more than its buffer holds, are all there, each record whole', async () => {
			await runAppenders(scene, 150_000, writeThroughWriter);
		});

		it('of contents larger than any buffer are all there, each whole', async () => {
			await appendLarge(scene, (path, content) => scene.op.write(path, content, { append: true }));
		});

		it('of contents larger than any buffer by a writer each are all there, each whole', async () => {
			await appendLarge(scene, async (path, content) => {
				const writer = await scene.op.writer(path, { append: true });
				await writer.write(content);
				await writer.close();
			});
		});
	});
}

type Append = (op: Operator, path: string, records: readonly string[]) => Promise<unknown>;

async function writeThroughWriter(op: Operator, path: string, records: readonly string[]): Promise<void> {
	const writer = await op.writer(path, { append: true });
	for (const record of records) await writer.write(record);
	await writer.close();
}

async function runAppenders(scene: Scene, longest: number, append: Append, { ordered = true } = {}): Promise<void> {
	const path = `${scene.fresh()}/log`;
	if (await scene.lacks('writeCanAppend', () => scene.op.write(path, 'x', { append: true }))) return;
	const { again } = scene.opened;
	const operators = again === null ? [scene.op] : [scene.op, again()];
	const appenders = Array.from({ length: APPENDERS }, (_, appender) => recordsOf(appender, longest));
	await Promise.all(appenders.map((records, index) => append(operators[index % operators.length], path, records)));
	const lines = (await scene.op.read(path)).toString().split('\n');
	expect(lines.pop()).toBe('');
	for (const [appender, records] of appenders.entries()) {
		const found = lines.filter((line) => line.startsWith(`${appender}:`)).map((line) => `${line}\n`);
		expect(found.length, `records of appender ${appender}`).toBe(RECORDS);
		// Whole strings are compared one by one: a failure would otherwise print megabytes.
		const wanted = ordered ? records : [...records].sort();
		const actual = ordered ? found : found.sort();
		for (const [index, record] of wanted.entries()) {
			expect(actual[index] === record, `record ${index} of appender ${appender} is whole and in its place`).toBe(true);
		}
	}
	expect(lines.length, 'records that belong to nobody').toBe(APPENDERS * RECORDS);
}

/** Four appenders, three contents each. A content consists of one byte value, so a mixture is seen at once. */
async function appendLarge(scene: Scene, append: (path: string, content: Buffer) => Promise<unknown>): Promise<void> {
	const path = `${scene.fresh()}/log`;
	if (await scene.lacks('writeCanAppend', () => scene.op.write(path, 'x', { append: true }))) return;
	const values = [1, 2, 3, 4];
	const rounds = [1, 2, 3];
	const appendAll = async (value: number): Promise<void> => {
		for (const _ of rounds) await append(path, Buffer.alloc(LARGE_BYTES, value));
	};
	await Promise.all(values.map(appendAll));
	const bytes = await scene.op.read(path);
	expect(bytes.length).toBe(values.length * rounds.length * LARGE_BYTES);
	let mixed = 0;
	for (let from = 0; from < bytes.length; from += LARGE_BYTES) {
		if (!bytes.subarray(from, from + LARGE_BYTES).equals(Buffer.alloc(LARGE_BYTES, bytes[from]))) mixed++;
	}
	expect(mixed, 'contents that have others in between').toBe(0);
}

/** Records of every length up to the longest, recognisable from both ends. */
function recordsOf(appender: number, longest: number): string[] {
	return Array.from({ length: RECORDS }, (_, index) => {
		const head = `${appender}:${String(index).padStart(3, '0')}:`;
		const filler = String.fromCharCode(97 + appender).repeat(((index * 7919 + appender * 104_729) % longest) + 1);
		return `${head}${filler}:${appender}\n`;
	});
}
