import { readOptions } from '#host/config';
import { HoldfastError } from '#host/errors';
import * as layers from '#host/layers/index';
import { parseDurability } from '#host/operator/durability';
import * as rules from '#host/operator/parse-options';
import { parseUri } from '#host/operator/uri';
import { POOL_OPTION_NAMES, parsePoolOptions } from '#host/pool/options';
import { openStore } from '#host/services/index';
import { FakeEngine, fakeContext } from '../../operator/fake-engine.ts';
import { Random } from '../../random.ts';
import { hostileObject, hostileValue } from '../hostile.ts';
import type { Target } from '../target.ts';

const CALLS = 64;
const CODES = new Set(['ConfigInvalid', 'Unsupported', 'InvalidPath']);
const MESSAGE_MAX_CHARACTERS = 3000;
const FLAGS = new Set(['append', 'ifNotExists', 'recursive']);
const SIZES = new Set(['offset', 'size', 'suffix', 'chunk', 'gap']);

/** Every place that reads options, with anything for them: a value within its bounds comes out, or a refusal in our words. */
export const options: Target = {
	name: 'options',
	open() {
		const context = fakeContext(new FakeEngine());
		const known = Object.entries(rules).filter(([name]) => name.endsWith('Rules')) as [string, object][];
		const readers: ((random: Random) => void)[] = [
			(random) => {
				const [, rule] = random.pick(known);
				checkParsed(rules.parseOptions(context, rule as never, someOptions(random, Object.keys(rule)), 'fuzz', 'a'));
			},
			(random) => checkPool(parsePoolOptions(readOptions(someOptions(random, POOL_OPTION_NAMES)))),
			(random) => void parseUri(random.chance(0.2) ? hostileValue(random) : someUri(random)),
			(random) => void openStore(random.pick(['nothing', 'FS', 'fs ', '']), readOptions(someOptions(random, ['root']))),
			(random) =>
				void openStore('memory', { maximumBytes: 0, [random.pick(['nonsense', 'workers'])]: hostileValue(random) }),
			(random) => void openStore('fs', { root: random.pick([0, '', null, {}, [], Symbol('x')]) as never }),
			(random) => void parseDurability('durability', hostileValue(random)),
			(random) => void new layers.ConcurrentLimitLayer(hostileValue(random) as never).build(),
			(random) => void new layers.ThrottleLayer(hostileValue(random) as never, hostileValue(random) as never).build(),
			(random) => void new layers.CapabilityOverrideLayer(someOverrides(random) as never).build(),
			(random) => void new layers.LoggingLayer(hostileValue(random) as never).build(),
			(random) => {
				const layer = new layers.RetryLayer() as unknown as Record<string, unknown>;
				layer[random.pick(['jitter', 'maxTimes', 'factor', 'maxDelay', 'minDelay'])] = hostileValue(random);
			},
			(random) => {
				const layer = new layers.TimeoutLayer() as unknown as Record<string, unknown>;
				layer[random.pick(['timeout', 'ioTimeout'])] = hostileValue(random);
			},
		];
		return {
			run(seed) {
				const random = new Random(seed);
				for (let call = 0; call < CALLS; call++) attempt(random, random.pick(readers));
				return CALLS;
			},
			close: async () => undefined,
		};
	},
};

function attempt(random: Random, read: (random: Random) => void): void {
	try {
		read(random);
	} catch (error) {
		if (!(error instanceof HoldfastError) || !CODES.has(error.code)) throw error;
		if (error.message.length > MESSAGE_MAX_CHARACTERS)
			throw new Error(`a message of ${error.message.length} characters`);
	}
}

function someOptions(random: Random, names: readonly string[]): unknown {
	if (random.chance(0.2)) return hostileObject(random, names);
	const options: Record<string, unknown> = {};
	for (let count = random.between(1, 3); count > 0; count--) options[random.pick(names)] = hostileValue(random);
	return options;
}

function checkParsed(parsed: object): void {
	for (const [name, value] of Object.entries(parsed)) {
		const isWithin = SIZES.has(name)
			? Number.isSafeInteger(value) && (value as number) >= 0
			: FLAGS.has(name)
				? value === true
				: name !== 'timeoutMs' || (Number.isSafeInteger(value) && (value as number) > 0);
		if (!isWithin) throw new Error(`option ${name} became ${String(value)}`);
	}
}

function checkPool(parsed: object): void {
	for (const [name, value] of Object.entries(parsed)) {
		if (!Number.isSafeInteger(value) || (value as number) < 0)
			throw new Error(`option ${name} became ${String(value)}`);
	}
}

function someUri(random: Random): string {
	const scheme = random.pick(['fs', 'memory', 'FS', 'javascript', '', 'a:b']);
	const place = random.pick([
		'',
		'/',
		'//',
		'///',
		'//host/',
		'//u:p@h:1/',
		'///%',
		'///%00',
		'///%2e%2e/',
		'/\ud800',
		'//[::1]/',
	]);
	const query = random.pick([
		'',
		'?',
		'?workers=NaN',
		'?workers=1&workers=2',
		'?__proto__=1',
		'?root=/x',
		'?%=%',
		'#x',
		'?a=%ff',
	]);
	return `${scheme}:${place}${query}`;
}

function someOverrides(random: Random): unknown {
	if (random.chance(0.3)) return hostileValue(random);
	const word = () =>
		random.pick(['read', 'write', 'write_total_max_size', 'nonsense', '__proto__', 'constructor', '', ' ', '=', ',']);
	return `${word()}=${random.pick(['true', 'no', '1', '-1', '9'.repeat(500), '', 'none', word()])}${random.pick(['', ',', `,${word()}`])}`;
}
