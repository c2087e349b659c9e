// A test runner of one page for runtimes in which vitest does not run: workerd, browsers, Deno, Bun. The behaviour suite asks for
// `vitest`, and `bundle.ts` gives it this file instead. Cases run one after the other, in the order in which they were defined.

export { expect } from './expect.js';

/** A case may take so long, also on a machine that is busy with other work. */
const CASE_MAX_MS = 180_000;

/** What a case gets. */
export interface CaseContext {
	/** Ends the case: it counts as skipped, with this reason. */
	skip(note?: string): never;
}

/** One case that did not pass. */
export interface CaseNote {
	readonly name: string;
	readonly message: string;
}

/** What became of all cases; plain data, so that it can travel as JSON. */
export interface Report {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	readonly failures: CaseNote[];
	readonly skips: CaseNote[];
}

export interface RunOptions {
	/** Runs the cases whose full name contains this. */
	readonly only?: string | undefined;
	/** A reason why a failed case is to count as skipped: the platform lacks what it needs. Undefined: it failed. */
	readonly lacks?: (error: unknown) => string | undefined;
	/** Told before each case, for a runtime that may die of one. */
	readonly onCase?: (name: string) => void;
}

type Hook = () => unknown;
type Body = (context: CaseContext) => unknown;

interface Group {
	readonly name: string;
	readonly before: Hook[];
	readonly after: Hook[];
	readonly members: (Group | Case)[];
}

interface Case {
	readonly name: string;
	readonly body: Body;
}

class Skipped extends Error {}

let current = newGroup('');

export function describe(name: string, define: () => void): void {
	const outer = current;
	current = newGroup(name);
	outer.members.push(current);
	define();
	current = outer;
}

export function it(name: string, body: Body): void {
	current.members.push({ name, body });
}

export function beforeAll(hook: Hook): void {
	current.before.push(hook);
}

export function afterAll(hook: Hook): void {
	current.after.push(hook);
}

/** Runs everything that was defined so far and forgets it. */
export async function runCases(options: RunOptions = {}): Promise<Report> {
	const root = current;
	current = newGroup('');
	const report = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
	await runGroup(root, '', options, report);
	return report;
}

type Counting = { -readonly [Name in keyof Report]: Report[Name] };

async function runGroup(group: Group, path: string, options: RunOptions, report: Counting): Promise<void> {
	const name = path === '' ? group.name : `${path} > ${group.name}`;
	if (!isWanted(group, name, options.only)) return;
	try {
		for (const hook of group.before) await within(hook());
		for (const member of group.members) {
			if ('members' in member) await runGroup(member, name, options, report);
			else await runCase(member, `${name} > ${member.name}`, options, report);
		}
		for (const hook of group.after) await within(hook());
	} catch (error) {
		// A hook failed: what was not run because of that is not counted, so the group itself is.
		fail(report, name, error);
	}
}

async function runCase(entry: Case, name: string, options: RunOptions, report: Counting): Promise<void> {
	if (options.only !== undefined && !name.includes(options.only)) return;
	options.onCase?.(name);
	const context: CaseContext = {
		skip(note = '') {
			throw new Skipped(note);
		},
	};
	try {
		await within((async () => entry.body(context))());
		report.passed++;
	} catch (error) {
		const reason = error instanceof Skipped ? error.message : options.lacks?.(error);
		if (reason === undefined) return fail(report, name, error);
		report.skipped++;
		report.skips.push({ name, message: reason });
	}
}

function fail(report: Counting, name: string, error: unknown): void {
	report.failed++;
	const message = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error);
	report.failures.push({ name, message });
}

function isWanted(group: Group, name: string, only: string | undefined): boolean {
	if (only === undefined) return true;
	return group.members.some((member) =>
		'members' in member
			? isWanted(member, `${name} > ${member.name}`, only)
			: `${name} > ${member.name}`.includes(only),
	);
}

/** Waits, but not for ever. */
async function within(work: unknown): Promise<void> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const tooLate = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`it did not end within ${CASE_MAX_MS} ms`)), CASE_MAX_MS);
	});
	try {
		await Promise.race([work, tooLate]);
	} finally {
		clearTimeout(timer);
	}
}

function newGroup(name: string): Group {
	return { name, before: [], after: [], members: [] };
}
