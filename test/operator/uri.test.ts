import { describe, expect, it } from 'vitest';
import { parseUri } from '#host/operator/uri';
import { refusal } from './refusal.js';

describe('parseUri', () => {
	it.each([
		['fs:///abs/path', 'fs', { root: '/abs/path' }],
		['fs:///abs/path?workers=2&ringEntries=64', 'fs', { root: '/abs/path', workers: '2', ringEntries: '64' }],
		['fs:///with%20space/%C3%A9', 'fs', { root: '/with space/é' }],
		['fs:///', 'fs', { root: '/' }],
		['fs://', 'fs', {}],
		['fs://?root=/x', 'fs', { root: '/x' }],
		['fs://localhost/abs', 'fs', { root: '/abs' }],
		['memory://', 'memory', {}],
		['memory://localhost/', 'memory', {}],
		['memory:', 'memory', {}],
		['fs:///a?x=a+b%26c', 'fs', { root: '/a', x: 'a b&c' }],
		['fs:///a?__proto__=x', 'fs', { root: '/a', ['__proto__']: 'x' }],
	])('%s', (uri, scheme, options) => {
		const parsed = parseUri(uri);
		expect(parsed.scheme).toBe(scheme);
		expect(Object.entries(parsed.options)).toEqual(Object.entries(options));
	});

	it.each([
		['fs://abs/path', 'fs:///'],
		['/abs/path', 'not a URI'],
		['', 'not a URI'],
		['fs:///a?workers=1&workers=2', 'twice'],
		['fs:///a?root=/b', 'twice'],
		['fs:///a#b', 'fragment'],
		['fs://user@localhost/a', 'user'],
		['fs:///a%zz', 'per cent'],
		[5, 'number'],
	])('refuses %s', (uri, reason) => {
		const error = refusal(() => parseUri(uri));
		expect(error).toMatchObject({ code: 'ConfigInvalid', operation: 'fromUri' });
		expect(error.message).toContain(reason);
	});
});
