import { describe, expect, test } from 'vitest';
import { ERRNO_NOSPC, OFLAGS_CREAT, OFLAGS_TRUNC } from '#assembly/layout';
import { Access } from '#host/wasi/files';
import { dump, expectBytes, get, list, openStore, pattern, put, removeAll, text } from './opened-store.js';

const MAXIMUM = 2 * 1024 ** 2;

describe('a full store', () => {
	test('gives a short count, then NOSPC, and keeps what was written', () => {
		const store = openStore({ maximumBytes: MAXIMUM });
		const { files, root } = store;
		put(store, 'old', pattern(10_000));
		const content = pattern(3 * 1024 ** 2);
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		const count = files.write(fd, content, 0);
		expect(count).toBeGreaterThan(MAXIMUM * 0.9);
		expect(count).toBeLessThan(MAXIMUM);
		expect(files.write(fd, content.subarray(count), count)).toBe(-ERRNO_NOSPC);
		expect(files.size(fd)).toBe(count);
		expectBytes(get(store, 'a'), content.subarray(0, count));
		// What is there can still be overwritten.
		expect(files.write(fd, pattern(9000, 2), 100)).toBe(9000);
		expectBytes(get(store, 'old'), pattern(10_000));
		expect(files.truncate(fd, 10)).toBe(0);
		expect(files.write(fd, content, 0)).toBe(count);
		files.close(fd);
		expect(removeAll(store)).toBe(0);
	});

	test('an append happens as a whole or not at all', () => {
		const store = openStore({ maximumBytes: MAXIMUM });
		const { files, root } = store;
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.append);
		expect(files.append(fd, pattern(700_000))).toBe(700_000);
		expect(files.append(fd, pattern(700_000))).toBe(700_000);
		const used = files.usedBytes();
		expect(files.append(fd, pattern(700_000))).toBe(-ERRNO_NOSPC);
		expect(files.append(fd, pattern(2_500_000))).toBe(-ERRNO_NOSPC);
		expect(files.size(fd)).toBe(1_400_000);
		expect(files.usedBytes()).toBe(used);
		expect(files.append(fd, pattern(1000))).toBe(1000);
		files.close(fd);
		expect(removeAll(store)).toBe(0);
	});

	test('refuses new names, keeps the old ones, and works again when something was removed', () => {
		const store = openStore({ maximumBytes: MAXIMUM });
		const { files, root } = store;
		const long = 'x'.repeat(240);
		files.createDirectory(root, 'd');
		let made = 0;
		while (put(store, `${long}${made}`, 'x') === 1) made++;
		expect(made).toBeGreaterThan(1000);
		let directories = 0;
		while (files.createDirectory(root, `d/${long}${directories}`) === 0) directories++;
		let links = 0;
		while (files.link(root, `${long}0`, root, `d/${long}-${links}`) === 0) links++;
		const before = dump(store);
		const used = files.usedBytes();
		const results = [
			files.createDirectory(root, `d/${long}-`),
			files.link(root, `${long}1`, root, `d/${long}-`),
			files.rename(root, `${long}1`, root, `d/${long}-`),
			files.open(root, `d/${long}-`, OFLAGS_CREAT, Access.write),
		];
		expect(results).toEqual(results.map(() => -ERRNO_NOSPC));
		expect(dump(store)).toEqual(before);
		expect(files.usedBytes()).toBe(used);
		// Replacing takes no room.
		expect(files.rename(root, `${long}1`, root, `${long}2`)).toBe(0);
		for (let index = 3; index < made; index++) expect(files.unlink(root, `${long}${index}`)).toBe(0);
		expect(put(store, `d/${long}-`, 'again')).toBe(5);
		expect(text(store, `d/${long}-`)).toBe('again');
		expect(removeAll(store)).toBe(0);
	});

	test('pages of a file that was removed are there for the next write at once', () => {
		const store = openStore({ maximumBytes: MAXIMUM });
		const content = pattern(1_900_000);
		for (let round = 0; round < 20; round++) {
			expect(put(store, 'a', content)).toBe(content.length);
			expect(store.files.unlink(store.root, 'a')).toBe(0);
			expect(put(store, 'b', content)).toBe(content.length);
			const fd = store.files.open(store.root, 'b', OFLAGS_TRUNC, Access.write);
			store.files.close(fd);
		}
		expect(list(store)).toEqual(['b']);
		expect(removeAll(store)).toBe(0);
	});

	test.each([0, 1, 2, 3, 4, 5, 6, 7])(
		'at every fill level a failed small write leaves the file as it was (%i)',
		(level) => {
			const store = openStore({ maximumBytes: MAXIMUM });
			const { files, root } = store;
			put(store, 'grows', 'grows'.repeat(10));
			put(store, 'filler', pattern(MAXIMUM));
			// Frees a few pages, so that the steps of a growing file fail one after another.
			const filler = files.open(root, 'filler', 0, Access.write);
			files.truncate(filler, Math.max(files.size(filler) - level * 4096, 0));
			const fd = files.open(root, 'grows', 0, Access.write);
			let expected = new Uint8Array(Buffer.from('grows'.repeat(10)));
			for (let failed = 0; failed < 3; ) {
				const bytes = pattern(3000, failed + 2);
				const count = files.write(fd, bytes, expected.length + 500);
				if (count < 0) {
					expect(count).toBe(-ERRNO_NOSPC);
					failed++;
				} else {
					const longer = new Uint8Array(expected.length + 500 + count);
					longer.set(expected);
					longer.set(bytes.subarray(0, count), expected.length + 500);
					expected = longer;
				}
				expectBytes(get(store, 'grows'), expected);
			}
			files.close(fd);
			files.close(filler);
			expect(removeAll(store)).toBe(0);
		},
	);
});
