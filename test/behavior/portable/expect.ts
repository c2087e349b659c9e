import { AssertionError, isEqual, shown } from './values.js';

// The part of vitest's `expect` that the behaviour suite uses, for runtimes in which vitest does not run.

type Constructor = abstract new (...input: never[]) => unknown;

const matchers = {
	toBe: (actual: unknown, expected: unknown) => [Object.is(actual, expected), `be ${shown(expected)}`],
	toEqual: (actual: unknown, expected: unknown) => [isEqual(actual, expected), `equal ${shown(expected)}`],
	toBeUndefined: (actual: unknown) => [actual === undefined, 'be undefined'],
	toBeNull: (actual: unknown) => [actual === null, 'be null'],
	toBeTypeOf: (actual: unknown, type: string) => [typeof actual === type, `be of type ${type}`],
	toBeInstanceOf: (actual: unknown, type: Constructor) => [actual instanceof type, `be an instance of ${type.name}`],
	toBeGreaterThan: (actual: number, than: number) => [actual > than, `be greater than ${than}`],
	toBeGreaterThanOrEqual: (actual: number, than: number) => [actual >= than, `be at least ${than}`],
	toBeLessThan: (actual: number, than: number) => [actual < than, `be less than ${than}`],
	toBeLessThanOrEqual: (actual: number, than: number) => [actual <= than, `be at most ${than}`],
	toHaveLength: (actual: { length: number }, length: number) => [actual.length === length, `have length ${length}`],
	toMatch: (actual: string, pattern: RegExp | string) => [
		typeof pattern === 'string' ? actual.includes(pattern) : pattern.test(actual),
		`match ${pattern}`,
	],
	toContain: (actual: string | Iterable<unknown>, part: unknown) => [
		typeof actual === 'string' ? actual.includes(String(part)) : [...actual].includes(part),
		`contain ${shown(part)}`,
	],
	/** The value is the error here: `rejects` has caught it. */
	toThrow: (actual: unknown, part: string | RegExp = '') => [
		actual instanceof Error && (typeof part === 'string' ? actual.message.includes(part) : part.test(actual.message)),
		`throw an error with ${shown(part)}`,
	],
} satisfies Record<string, (actual: never, ...expected: never[]) => [boolean, string]>;

const POLL_INTERVAL_MS = 20;
/** Also on a machine that is busy with other work. */
const POLL_MAX_MS = 60_000;

/** One claim after the other about a value; `message` says what the value is. */
export function expect(actual: unknown, message?: string): Claims {
	return claims(actual, message, false);
}

expect.fail = (message: string): never => {
	throw new AssertionError(message);
};

/** Makes the claim again and again until it holds, for a minute at most. */
expect.poll = (value: () => unknown): Claims<Promise<void>> =>
	eachMatcher((name) => async (...expected) => {
		for (let left = POLL_MAX_MS; ; left -= POLL_INTERVAL_MS) {
			try {
				return claim(name, await value(), undefined, false, expected);
			} catch (error) {
				if (left <= 0) throw error;
			}
			await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
		}
	});

type MatcherName = keyof typeof matchers;
type PlainClaims<R> = Record<MatcherName, (...expected: unknown[]) => R>;
type Claims<R = void> = PlainClaims<R> & {
	not: PlainClaims<R>;
	resolves: PlainClaims<Promise<void>>;
	rejects: PlainClaims<Promise<void>>;
};

function claims(actual: unknown, message: string | undefined, isNegated: boolean): Claims {
	const plain = eachMatcher(
		(name) =>
			(...expected: unknown[]) =>
				claim(name, actual, message, isNegated, expected),
	);
	return Object.defineProperties(plain, {
		not: { get: () => claims(actual, message, !isNegated) },
		resolves: {
			get: () =>
				eachMatcher(
					(name) =>
						async (...expected: unknown[]) =>
							claim(name, await (actual as Promise<unknown>), message, isNegated, expected),
				),
		},
		rejects: {
			get: () =>
				eachMatcher(
					(name) =>
						async (...expected: unknown[]) =>
							claim(name, await reasonOf(actual as Promise<unknown>), message, isNegated, expected),
				),
		},
	}) as Claims;
}

function eachMatcher<R>(make: (name: MatcherName) => (...expected: unknown[]) => R): Claims<R> {
	const pairs = (Object.keys(matchers) as MatcherName[]).map((name) => [name, make(name)] as const);
	return Object.fromEntries(pairs) as unknown as Claims<R>;
}

function claim(
	name: MatcherName,
	actual: unknown,
	message: string | undefined,
	isNegated: boolean,
	expected: unknown[],
): void {
	const [holds, says] = (matchers[name] as (...input: unknown[]) => [boolean, string])(actual, ...expected);
	if (holds !== isNegated) return;
	const subject = message === undefined ? '' : `${message}: `;
	throw new AssertionError(`${subject}${shown(actual)} should${isNegated ? ' not' : ''} ${says}`);
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
	try {
		await promise;
	} catch (reason) {
		return reason;
	}
	throw new AssertionError('the promise was resolved and should be rejected');
}
