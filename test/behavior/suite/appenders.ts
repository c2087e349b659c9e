import type { Operator } from 'holdfast';
import { expect, it } from 'vitest';
import { describeScene, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const APPENDERS = 8;
const RECORDS = 40;

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

/** Records of every length up to the longest, recognisable from both ends. */
function recordsOf(appender: number, longest: number): string[] {
	return Array.from({ length: RECORDS }, (_, index) => {
		const head = `${appender}:${String(index).padStart(3, '0')}:`;
		const filler = String.fromCharCode(97 + appender).repeat(((index * 7919 + appender * 104_729) % longest) + 1);
		return `${head}${filler}:${appender}\n`;
	});
}
