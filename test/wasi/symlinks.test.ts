import { describe, expect, test } from 'vitest';
import { ERRNO_INVAL, ERRNO_LOOP, ERRNO_NOENT, STATUS_SYMLINK } from '#assembly/layout';
import { LINKS_MAX, type LinkBase, resolveLinks } from '#host/wasi/symlinks';

/** Names of a base at `/srv/root`: what a symlink says, and `null` for a file or a directory. What is not named does not exist. */
function baseOf(names: Record<string, string | null>): LinkBase {
	return {
		place: () => '/srv/root',
		read(path) {
			const parents = path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'));
			if (parents.some((parent) => typeof names[parent] === 'string')) return -STATUS_SYMLINK;
			const found = names[path];
			return found === undefined ? -ERRNO_NOENT : (found ?? -ERRNO_INVAL);
		},
	};
}

describe('resolveLinks', () => {
	test('asks once for a path without symlinks', () => {
		let asked = 0;
		const base = baseOf({ a: null, 'a/b': null });
		const countingRead: LinkBase['read'] = (path) => {
			asked++;
			return base.read(path);
		};
		const counting: LinkBase = { ...base, read: countingRead };
		expect(resolveLinks(counting, 'a/b', true)).toBe('a/b');
		expect(resolveLinks(counting, 'a/missing/x', true)).toBe('a/missing/x');
		expect(asked).toBe(2);
		expect(resolveLinks(counting, '', true)).toBe('');
	});

	test('follows the one at the end only when it is asked to', () => {
		const base = baseOf({ a: null, 'a/file': null, link: 'a', 'a/last': 'file' });
		expect(resolveLinks(base, 'link/last', true)).toBe('a/file');
		expect(resolveLinks(base, 'link/last', false)).toBe('a/last');
		expect(resolveLinks(base, 'link', false)).toBe('link');
		expect(resolveLinks(base, 'link', true)).toBe('a');
	});

	test('leaves the base only to come back on the way to it', () => {
		const base = baseOf({
			d: null,
			'd/back': '../../root/d',
			'd/out': '../../other/root/d',
			'd/parent': '../..',
			'd/far': '../../../../../srv/root/d/./',
			'd/top': '/',
			'd/absolute': '/srv/root/d',
			'd/beside': '/srv/rootd',
			'd/self': '..',
		});
		for (const name of ['back', 'far', 'absolute']) expect(resolveLinks(base, `d/${name}/x`, true)).toBe('d/x');
		for (const name of ['out', 'parent', 'top', 'beside']) {
			expect(resolveLinks(base, `d/${name}/x`, true)).toBe(-STATUS_SYMLINK);
			expect(resolveLinks(base, `d/${name}`, true)).toBe(-STATUS_SYMLINK);
			expect(resolveLinks(base, `d/${name}`, false)).toBe(`d/${name}`);
		}
		expect(resolveLinks(base, 'd/self', true)).toBe('');
		expect(resolveLinks(base, 'd/self/d/self/x', true)).toBe('x');
		// The way down to the base may be finished by what stands behind the link.
		expect(resolveLinks(base, 'd/parent/root/d', true)).toBe('d');
	});

	test('counts the links of the whole path', () => {
		const names: Record<string, string | null> = { '0': null, loop: 'loop' };
		for (let link = 1; link <= LINKS_MAX + 1; link++) names[link] = `${link - 1}`;
		const base = baseOf(names);
		expect(resolveLinks(base, `${LINKS_MAX}`, true)).toBe('0');
		expect(resolveLinks(base, `${LINKS_MAX + 1}`, true)).toBe(-ERRNO_LOOP);
		expect(resolveLinks(base, 'loop/x', true)).toBe(-ERRNO_LOOP);
	});

	test('begins again when a directory becomes a symlink under it, and gives up when that never ends', () => {
		const names: Record<string, string | null> = { a: 'b', b: null, 'b/file': null, c: null, 'c/file': null };
		const base = baseOf(names);
		let swaps = 1;
		const raced: LinkBase = {
			...base,
			read(path) {
				if (path === 'b/file' && swaps-- > 0) names.b = 'c';
				return base.read(path);
			},
		};
		expect(resolveLinks(raced, 'a/file', true)).toBe('c/file');
		const endless: LinkBase = { ...base, read: (path) => (path.includes('/') ? -STATUS_SYMLINK : -ERRNO_INVAL) };
		expect(resolveLinks(endless, 'a/file', true)).toBe(-STATUS_SYMLINK);
	});
});
