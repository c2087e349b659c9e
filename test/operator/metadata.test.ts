import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
	FILESTAT_ATIME,
	FILESTAT_BYTES,
	FILESTAT_CTIME,
	FILESTAT_INODE,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SYMBOLIC_LINK,
} from '#assembly/layout';
import { Entry } from '#host/operator/entry';
import { EntryMode, formatEtag, Metadata, parseEtag } from '#host/operator/metadata';
import { listedStat } from '#host/operator/stat-words';
import { statOf } from './fake-engine.js';

describe('Metadata', () => {
	it('describes a file', () => {
		const metadata = new Metadata(statOf({ size: 2n ** 40n }));
		expect([metadata.isFile(), metadata.isDirectory(), metadata.isDeleted()]).toEqual([true, false, false]);
		expect(metadata.mode).toBe(EntryMode.FILE);
		expect(metadata.contentLength).toBe(2n ** 40n);
		expect(metadata.lastModified).toBe('2023-11-14T22:13:20.123456789Z');
		expect(metadata.lastModifiedNs).toBe(1_700_000_000_123_456_789n);
	});

	it('describes a directory, and what is neither', () => {
		const directory = new Metadata(statOf({ kind: FILETYPE_DIRECTORY }));
		expect([directory.isFile(), directory.isDirectory(), directory.mode]).toEqual([false, true, EntryMode.DIR]);
		expect(directory.etag).toBeNull();
		expect(new Metadata(statOf({ kind: FILETYPE_SYMBOLIC_LINK })).mode).toBe(EntryMode.Unknown);
	});

	it('says null for what files do not keep', () => {
		const metadata = new Metadata(statOf());
		const { version, contentType, contentMd5, contentDisposition, contentEncoding, cacheControl, userMetadata } =
			metadata;
		const values = {
			version,
			contentType,
			contentMd5,
			contentDisposition,
			contentEncoding,
			cacheControl,
			userMetadata,
		};
		for (const [name, value] of Object.entries(values)) expect(value, name).toBeNull();
	});

	it('keeps its values when the stat is filled again', () => {
		const stat = statOf();
		const metadata = new Metadata(stat);
		stat.size = 99n;
		expect(metadata.contentLength).toBe(5n);
	});

	it('of a listing says the same as that of a stat, to the last bit', () => {
		for (const value of [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
			const bytes = Buffer.alloc(8 + FILESTAT_BYTES);
			for (const at of [FILESTAT_INODE, FILESTAT_SIZE, FILESTAT_ATIME, FILESTAT_MTIME, FILESTAT_CTIME])
				bytes.writeBigUInt64LE(value - BigInt(at) * (value >> 63n), 8 + at);
			const read = (at: number) => bytes.readBigUInt64LE(8 + at);
			const words = listedStat(FILETYPE_REGULAR_FILE, new DataView(bytes.buffer, bytes.byteOffset), 8);
			const stat = {
				inode: read(FILESTAT_INODE),
				size: read(FILESTAT_SIZE),
				accessedNs: read(FILESTAT_ATIME),
				modifiedNs: read(FILESTAT_MTIME),
				changedNs: read(FILESTAT_CTIME),
			};
			const { kind, inode, size, accessedNs, modifiedNs, changedNs } = words;
			expect({ kind, inode, size, accessedNs, modifiedNs, changedNs }).toEqual({
				kind: FILETYPE_REGULAR_FILE,
				...stat,
			});
			expect(new Metadata(words).toJSON()).toEqual(new Metadata(statOf(stat)).toJSON());
		}
	});

	it('has no time of access and of status where nobody keeps one', () => {
		const { lastAccessed, lastAccessedNs, statusChanged, statusChangedNs } = new Metadata(statOf());
		expect([lastAccessed, lastAccessedNs, statusChanged, statusChangedNs]).toEqual([null, null, null, null]);
		const known = new Metadata(statOf({ accessedNs: 1n, changedNs: 2_000_000_000n }));
		expect([known.lastAccessedNs, known.statusChangedNs]).toEqual([1n, 2_000_000_000n]);
		expect(known.lastAccessed).toBe('1970-01-01T00:00:00.000000001Z');
		expect(known.statusChanged).toBe('1970-01-01T00:00:02.000000000Z');
	});

	it('pads the fraction of a second', () => {
		expect(new Metadata(statOf({ modifiedNs: 1_000_000_001n })).lastModified).toBe('1970-01-01T00:00:01.000000001Z');
		expect(new Metadata(statOf({ modifiedNs: 0n })).lastModified).toBe('1970-01-01T00:00:00.000000000Z');
		expect(new Metadata(statOf({ modifiedNs: 2n ** 64n - 1n })).lastModified).toBe('2554-07-21T23:34:33.709551615Z');
	});

	it('can be printed and turned into JSON', () => {
		const metadata = new Metadata(statOf());
		expect(JSON.parse(JSON.stringify(metadata))).toMatchObject({ mode: 'file', contentLength: '5' });
		expect(inspect(metadata)).toContain('"mode":"file"');
		expect(inspect(new Entry('a/b', metadata))).toContain('"path":"a/b"');
	});
});

describe('etags', () => {
	it('are made of inode, size and time, and read back', () => {
		const parts = { inode: 0xabcn, size: 16n, modifiedNs: 2n ** 63n };
		expect(formatEtag(parts)).toBe('"abc-10-8000000000000000"');
		expect(parseEtag(formatEtag(parts))).toEqual(parts);
		expect(parseEtag('abc-10-8000000000000000')).toEqual(parts);
		expect(new Metadata(statOf({ inode: 1n, size: 2n, modifiedNs: 3n })).etag).toBe('"1-2-3"');
	});

	it('differ when anything differs', () => {
		const parts = { inode: 1n, size: 2n, modifiedNs: 3n };
		const others = [{ inode: 2n }, { size: 3n }, { modifiedNs: 4n }].map((change) =>
			formatEtag({ ...parts, ...change }),
		);
		expect(new Set([formatEtag(parts), ...others]).size).toBe(4);
	});

	it('of others are not taken for ours', () => {
		for (const etag of [
			'',
			'*',
			'"an etag"',
			'"1-2"',
			'"1-2-3-4"',
			'W/"1-2-3"',
			'"1-2-g"',
			`"${'1'.repeat(17)}-2-3"`,
		]) {
			expect(parseEtag(etag), etag).toBeUndefined();
		}
	});
});

describe('Entry.name', () => {
	it.each([
		['a', 'a'],
		['a/b', 'b'],
		['a/', 'a/'],
		['a/b/', 'b/'],
		['/', '/'],
	])('of %j is %j', (path, name) => {
		const entry = new Entry(path, new Metadata(statOf()));
		expect([entry.path(), entry.name()]).toEqual([path, name]);
	});
});
