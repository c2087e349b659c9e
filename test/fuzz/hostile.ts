import { inspect } from 'node:util';
import type { Random } from '../random.ts';

// Values that no sensible program passes: whatever takes them must say so, and nothing else may happen.

const NAMES = ['a', 'b', 'ab', 'd', 'd-', '.x', 'ä', '日本', '😀', 'a b', 'a\nb', "'", '"', '%2e', '...', '. ', 'con'];

/** A path that means something: few names, so that calls meet each other. */
export function plainPath(random: Random): string {
	const depth = random.pick([1, 1, 1, 2, 2, 3]);
	const names = Array.from({ length: depth }, () => random.pick(NAMES.slice(0, random.pick([4, 4, NAMES.length]))));
	return names.join(random.chance(0.05) ? '//' : '/') + (random.chance(0.2) ? '/' : '');
}

/** A string that tries to be a path; among long ones there are those of a million characters. */
export function hostilePath(random: Random, isLong = random.chance(0.05)): string {
	if (isLong) return longPath(random);
	switch (random.between(0, 10)) {
		case 0:
			return random.pick([
				'',
				'/',
				'//',
				'.',
				'./',
				'..',
				'../',
				'/..',
				'../../etc/passwd',
				'a/..',
				'a/../b',
				'./../a',
			]);
		case 1:
			return `${'../'.repeat(random.between(1, 40))}outside/secret`;
		case 2:
			return `a\0${random.pick(['', 'b', '/../'])}`;
		case 3:
			return random.pick(['\ud800', 'a\udc00b', '\udc00\ud800', 'a/\ud83d', '\ud83d/\ude00']);
		case 4:
			return random.pick(['n', 'a/n', 'ä', '日']).repeat(random.pick([84, 85, 86, 127, 128, 254, 255, 256, 257]));
		case 5:
			return random.pick(['.holdfast-', '.holdfast-1.tmp', 'd/.holdfast-x.lock', '.holdfast-0123456789abcdef.lock/x']);
		case 6:
			return random.pick([
				'/proc/self/root',
				'/proc/self/fd/0',
				'/dev/zero',
				'\\..\\..',
				'C:\\x',
				'file:///etc',
				'~',
				'$HOME',
			]);
		case 7:
			return random.pick([
				'caf\u00e9',
				'cafe\u0301',
				'A',
				'a ',
				'a.',
				'AUX',
				'nul',
				'\u202e',
				'\ufeffa',
				'\u2215',
				'\u2024\u2024',
			]);
		case 8:
			return String.fromCharCode(...Array.from({ length: random.between(1, 12) }, () => random.between(0, 0xffff)));
		default:
			return `${plainPath(random)}${random.pick(['/.', '/./', '/..', '/../..', '//', '/.//..', '\\..'])}`;
	}
}

function longPath(random: Random): string {
	const name = 'n'.repeat(random.pick([1, 254, 255]));
	switch (random.between(0, 3)) {
		case 0:
			return Array.from({ length: random.pick([15, 16, 17, 2047, 2048, 2049, 10_000]) }, () => name).join('/');
		case 1:
			return '/'.repeat(random.pick([4096, 100_000]));
		case 2:
			return `${name}${'/.'.repeat(random.pick([2000, 100_000]))}`;
		default:
			return 'x'.repeat(random.pick([4094, 4095, 4096, 100_000, 1_048_576, 1_048_577]));
	}
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const thrower = () => {
	throw new Error('a trap of the fuzzer');
};

const NUMBERS = [
	...[0, -0, 1, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.EPSILON],
	...[2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 53), 1e21, 1e308, -1e308],
];
const BIGINTS = [
	0n,
	-1n,
	1n,
	2n ** 31n,
	2n ** 32n,
	2n ** 53n - 1n,
	2n ** 53n,
	2n ** 63n - 1n,
	2n ** 63n,
	2n ** 64n,
	10n ** 400n,
];
const WORDS = [
	'',
	' ',
	'1',
	'-1',
	'0x10',
	'1e3',
	'NaN',
	'true',
	'false',
	'null',
	'full',
	'*',
	'"*"',
	'constructor',
	'__proto__',
];

/** Anything. */
export function hostileValue(random: Random): unknown {
	switch (random.between(0, 15)) {
		case 0:
			return null;
		case 1:
			return undefined;
		case 2:
		case 3:
			return random.pick(NUMBERS);
		case 4:
			return random.pick(BIGINTS);
		case 5:
		case 6:
			return random.pick(WORDS);
		case 7:
			return random.chance(0.5);
		case 8:
			return Symbol('hostile');
		case 9:
			return random.pick([
				{},
				[],
				[1],
				cyclic,
				Object.create(null),
				{ length: 1e9 },
				new Map(),
				new Date(Number.NaN),
				/x/,
			]);
		case 10:
			return random.pick<unknown>([
				() => 1,
				async () => 1,
				thrower,

				new AbortController(),
				new Promise(() => {}),
			]);
		case 11:
			return random.pick<unknown>([
				{ toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower },
				{ [inspect.custom]: thrower },
				{ toJSON: thrower },
				{ aborted: false },
				{ aborted: false, addEventListener: thrower },
				{ aborted: 'yes', addEventListener: () => {}, removeEventListener: () => {} },
			]);
		case 12:
			return revoked.proxy;
		case 13:
			return new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower, getPrototypeOf: thrower });
		case 14:
			return 'x'.repeat(100_000);
		default:
			return Object.create(Uint8Array.prototype);
	}
}

/** An object whose reading goes wrong. */
export function hostileObject(random: Random, names: readonly string[]): unknown {
	const name = random.pick(names);
	switch (random.between(0, 5)) {
		case 0:
			return Object.defineProperty({}, name, { enumerable: true, get: thrower });
		case 1:
			return { [random.pick(['nonsense', '__proto__', 'constructor', 'toString', '', 'Offset', ' root'])]: 1 };
		case 2:
			return Object.create({ [name]: hostileValue(random) });
		case 3:
			return new Proxy({ [name]: 1 }, { get: thrower });
		case 4:
			return new Proxy({}, { ownKeys: thrower });
		default:
			return hostileValue(random);
	}
}
