import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer as collect } from 'node:stream/consumers';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejection } from './refusal.js';

const FILE_BYTES = 4_000_000;

let root: string;
let op: Operator;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'holdfast-versions-'));
	op = new Operator('fs', { root, workers: 1, durability: 'none' });
});
afterEach(async () => {
	await op.close();
	rmSync(root, { recursive: true, force: true });
});

describe('a file that another program shortens while it is read', () => {
	beforeEach(() => writeFileSync(join(root, 'file'), Buffer.alloc(FILE_BYTES, 1)));

	it('a stream ends where the file ends', async () => {
		const stream = (await op.reader('file', { chunk: 100_000 })).createReadStream();
		let bytes = 0;
		for await (const chunk of stream) {
			bytes += chunk.length;
			if (bytes === 100_000) truncateSync(join(root, 'file'), 1_000_000);
		}
		expect(bytes).toBeGreaterThanOrEqual(1_000_000);
		expect(bytes).toBeLessThanOrEqual(1_200_000);
	});

	it('a reader gives nothing behind the end, and nothing that is not there', async () => {
		await using reader = await op.reader('file');
		const buffer = Buffer.alloc(1000);
		await reader.read(buffer);
		truncateSync(join(root, 'file'), 500);
		expect(await reader.readAt(buffer, 100)).toBe(400n);
		expect(await reader.readAt(buffer, 2_000_000)).toBe(0n);
	});

	it('a read with progress gives what is left', async () => {
		const content = await op.read('file', {
			onProgress: ({ bytes }) => {
				if (bytes < FILE_BYTES) truncateSync(join(root, 'file'), 2_500_000);
			},
		});
		expect(content.length).toBe(2_500_000);
	});

	it('emptied under a stream that did not begin: nothing', async () => {
		const reader = await op.reader('file');
		await reader.readAt(Buffer.alloc(1), 0);
		truncateSync(join(root, 'file'), 0);
		expect(await collect(reader.createReadStream())).toHaveLength(0);
	});
});

describe('Metadata of real files', () => {
	it('has the nanoseconds of the platform', async () => {
		writeFileSync(join(root, 'file'), 'x');
		const { mtimeNs } = statSync(join(root, 'file'), { bigint: true });
		const metadata = await op.stat('file');
		expect(metadata.lastModifiedNs).toBe(mtimeNs);
		expect(metadata.lastModified.slice(20, 29)).toBe(String(mtimeNs % 1_000_000_000n).padStart(9, '0'));
		const [entry] = (await op.list('')).filter((listed) => listed.path() === 'file');
		expect(entry.metadata().lastModifiedNs).toBe(mtimeNs);
		expect(entry.metadata().etag).toBe(metadata.etag);
	});

	it('has every time that the platform has, in listings too', async () => {
		await op.write('file', 'x');
		// Whole microseconds: that is what `utimes` can set.
		utimesSync(join(root, 'file'), 1_600_000_000.123456, 1_700_000_000.654321);
		for (let round = 0; round < 2; round++) {
			const { atimeNs, mtimeNs, ctimeNs } = statSync(join(root, 'file'), { bigint: true });
			const [listed] = await op.list('file');
			for (const metadata of [await op.stat('file'), op.statSync('file'), listed.metadata()]) {
				const { lastAccessedNs, lastModifiedNs, statusChangedNs } = metadata;
				expect({ lastAccessedNs, lastModifiedNs, statusChangedNs }).toEqual({
					lastAccessedNs: atimeNs,
					lastModifiedNs: mtimeNs,
					statusChangedNs: ctimeNs,
				});
			}
			// The other two stay.
			chmodSync(join(root, 'file'), 0o600);
		}
	});

	it('of a write says nothing of the status, which changes with the name that it gets', async () => {
		const writer = await op.writer('file');
		for (const metadata of [await writer.close(), await op.write('file', 'x')]) {
			expect(metadata.statusChanged).toBeNull();
			expect(metadata.lastAccessedNs).not.toBeNull();
		}
	});

	it('a time before 1970 is the beginning of 1970 and comes before all others', async () => {
		await op.write('file', 'x');
		// As a Date: a negative number is the present to Node.
		utimesSync(join(root, 'file'), new Date(-1_000_000), new Date(-500));
		const { etag, lastModified, lastAccessed } = await op.stat('file');
		expect([lastModified, lastAccessed]).toEqual(['1970-01-01T00:00:00.000000000Z', null]);
		expect((await op.list('file'))[0].metadata().etag).toBe(etag);
		await op.read('file', { ifMatch: etag, ifUnmodifiedSince: '1970-01-01T00:00:01Z' });
		const tooOld = op.read('file', { ifModifiedSince: '1970-01-01T00:00:01Z' });
		expect((await rejection(tooOld)).code).toBe('ConditionNotMatch');
		// It was taken for a time in the year 2554, after which the new content had to come.
		const before = Date.now() - 1000;
		const { lastModifiedNs } = await op.write('file', 'y');
		expect(Number(lastModifiedNs / 1_000_000n)).toBeGreaterThan(before);
		expect(statSync(join(root, 'file')).mtimeMs).toBeGreaterThan(before);
	});

	it('a time of its own goes back as a condition, to the nanosecond', async () => {
		const { lastModified, lastModifiedNs } = await op.write('file', 'x');
		await op.read('file', { ifUnmodifiedSince: lastModified });
		expect((await rejection(op.read('file', { ifModifiedSince: lastModified }))).code).toBe('ConditionNotMatch');
		const shifted = (ns: bigint) => {
			const fraction = String((lastModifiedNs + ns) % 1_000_000_000n).padStart(9, '0');
			return `${new Date(Number((lastModifiedNs + ns) / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`;
		};
		await op.read('file', { ifModifiedSince: shifted(-1n) });
		expect((await rejection(op.read('file', { ifUnmodifiedSince: shifted(-1n) }))).code).toBe('ConditionNotMatch');
	});

	it('no etag comes back, however fast a file is replaced', async () => {
		const etags = new Set<string | null>();
		const inodes = new Set<bigint>();
		const rounds = 500;
		for (let round = 0; round < rounds; round++) {
			etags.add(op.writeSync('file', 'same size').etag);
			inodes.add(statSync(join(root, 'file'), { bigint: true }).ino);
		}
		expect(etags.size).toBe(rounds);
		// The file system gives the same few numbers again and again: they do not make the difference.
		expect(inodes.size).toBeLessThan(rounds);
	});

	it('no etag comes back with four writers at once', async () => {
		const etags: (string | null)[] = [];
		const write = async () => {
			for (let round = 0; round < 200; round++) etags.push((await op.write('file', 'same size')).etag);
		};
		await Promise.all([write(), write(), write(), write()]);
		expect(new Set(etags).size).toBe(etags.length);
	});

	it('an etag changes with the time of the file, and stays while nothing changes', async () => {
		const { etag } = await op.write('file', 'x');
		for (let round = 0; round < 10; round++) expect((await op.stat('file')).etag).toBe(etag);
		utimesSync(join(root, 'file'), 1, 1);
		expect((await op.stat('file')).etag).not.toBe(etag);
	});

	it('reading leaves nothing open', async () => {
		await op.write('file', Buffer.alloc(FILE_BYTES));
		await op.read('file');
		const open = readdirSync('/proc/self/fd').length;
		for (let round = 0; round < 20; round++) {
			for await (const _ of await op.reader('file')) break;
			await op.read('file', { onProgress: () => {} });
			await collect((await op.reader('file')).readableWebStream({ end: 10 }) as never);
		}
		expect(readdirSync('/proc/self/fd').length).toBe(open);
	});
});
