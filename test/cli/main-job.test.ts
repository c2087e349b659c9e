import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MAIN_JOB, type Running, run, start } from './command.js';
import { eventually } from './eventually.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const MANY_FILES = 300;
const PIECES = 2_500_000;

function makeTree(files: number): void {
	scratch.file('tree/large.bin', Buffer.alloc(PIECES, 'large'));
	scratch.file('tree/empty', '');
	for (let index = 2; index < files; index++) scratch.file(`tree/${index % 20}/${index}.txt`, `content ${index}`);
	symlinkSync('empty', scratch.at('tree/link'));
	mkdirSync(scratch.at('tmp'));
}

/** The job keeps its workspace where the system's temporary files are: here that is a directory of the test. */
const options = () => ({ env: { TMPDIR: scratch.at('tmp') } });

/** A file that the job has stored under its final name, if there is one. */
function storedFile(): string | undefined {
	return scratch.files('tmp').find((path) => path.endsWith('.txt'));
}

/** Starts the job and waits until it has stored something; it does not get past one of its files before it is released. */
async function startInTheMiddle(): Promise<Running & { release(): void }> {
	const hold = scratch.file('hold', '');
	const preload = new URL('hold-source.mjs', import.meta.url).href;
	const held = { HOLDFAST_HELD: scratch.at('tree/1/21.txt'), HOLDFAST_HOLD: hold, NODE_OPTIONS: `--import ${preload}` };
	const running = start(MAIN_JOB, [scratch.at('tree')], { env: { ...options().env, ...held } });
	await eventually(() => storedFile() !== undefined);
	return { ...running, release: () => rmSync(hold) };
}

describe('main job', () => {
	test('loses nothing, is restarted once, and cleans up', async () => {
		makeTree(200);
		const { code, stdout, stderr } = await run(MAIN_JOB, [scratch.at('tree')], options());
		expect(stderr).toBe('');
		expect(stdout).toMatch(/^ {2}files +200 in 20 directories, 2\.5 MB$/m);
		expect(stdout).toMatch(/^ {2}skipped +1 symlink, /m);
		expect(stdout).toMatch(/^ {2}Holdfast +[\d.]+ s +[\d.]+ .?B\/s +[\d,]+\/s +[\d.]+ s /m);
		expect(stdout).toMatch(/^ {2}fs\.promises +[\d.]+ s +[\d.]+ .?B\/s +[\d,]+\/s +[\d.]+ s /m);
		expect(stdout).toMatch(/^ {2}restarts +1 .*\n +a fault was asked for \(at assembly\/fault\.ts:\d+:\d+\)$/m);
		expect(stdout).toMatch(/^ {2}lost +0 /m);
		expect(stdout).toContain("durability 'none'");
		expect(code).toBe(0);
		expect(readdirSync(scratch.at('tmp'))).toEqual([]);
	});

	test('works on a tree of a single file', async () => {
		scratch.file('tree/only', 'x');
		mkdirSync(scratch.at('tmp'));
		const { code, stdout } = await run(MAIN_JOB, [scratch.at('tree')], options());
		expect(stdout).toMatch(/^ {2}restarts +1 /m);
		expect(code).toBe(0);
	});

	test('stores more large files at a time than the engine has buffers', async () => {
		mkdirSync(scratch.at('tmp'));
		for (let index = 0; index < 40; index++) scratch.file(`tree/${index}`, Buffer.alloc(PIECES, String(index)));
		const { code, stdout } = await run(MAIN_JOB, [scratch.at('tree')], options());
		expect(stdout).toMatch(/^ {2}lost +0 /m);
		expect(code).toBe(0);
	});

	test('refuses a tree without files', async () => {
		mkdirSync(scratch.at('tree'));
		const { code, stderr } = await run(MAIN_JOB, [scratch.at('tree')]);
		expect(code).toBe(2);
		expect(stderr).toMatch(/^holdfast: usage: there are no files in .*\n$/);
	});

	test('cleans up after Ctrl-C', async () => {
		makeTree(MANY_FILES);
		const { child, result } = await startInTheMiddle();
		child.kill('SIGINT');
		const { code, stderr } = await result;
		expect(stderr).toBe('holdfast: Cancelled: interrupted by SIGINT\n');
		expect(code).toBe(130);
		expect(readdirSync(scratch.at('tmp'))).toEqual([]);
	});

	test('removes what a run that was killed has left, and nothing of anybody else', async () => {
		makeTree(MANY_FILES);
		const killed = await startInTheMiddle();
		killed.child.kill('SIGKILL');
		await killed.result;
		expect(readdirSync(scratch.at('tmp'))).toHaveLength(1);
		scratch.file('tmp/holdfast-main-job-of-somebody/x', '');
		const { code, stdout } = await run(MAIN_JOB, [scratch.at('tree')], options());
		expect(stdout).toMatch(/^ {2}cleaned up +1 directory of a killed run$/m);
		expect(stdout).toMatch(/^ {2}lost +0 /m);
		expect(code).toBe(0);
		expect(readdirSync(scratch.at('tmp'))).toEqual(['holdfast-main-job-of-somebody']);
	});

	test('leaves a run that is still alive alone', async () => {
		makeTree(MANY_FILES);
		const stopped = await startInTheMiddle();
		stopped.child.kill('SIGSTOP');
		try {
			const { code, stdout } = await run(MAIN_JOB, [scratch.at('tree')], options());
			expect(code).toBe(0);
			expect(stdout).not.toContain('cleaned up');
		} finally {
			stopped.child.kill('SIGCONT');
			stopped.release();
		}
		expect(await stopped.result).toMatchObject({ code: 0, stderr: '' });
		expect(readdirSync(scratch.at('tmp'))).toEqual([]);
	});

	test('notices a file that is no longer what was stored', async () => {
		makeTree(MANY_FILES);
		const { result, release } = await startInTheMiddle();
		appendFileSync(scratch.at('tmp', String(storedFile())), '!');
		release();
		const { code, stdout } = await result;
		expect(stdout).toMatch(/^ {2}lost +1\n +\d+\/\d+\.txt: its content is another one$/m);
		expect(code).toBe(1);
	});

	test('does not call a file lost that somebody has changed meanwhile', async () => {
		makeTree(MANY_FILES);
		const { result, release } = await startInTheMiddle();
		for (const path of scratch.files('tree')) if (path.endsWith('.txt')) appendFileSync(scratch.at('tree', path), '!');
		release();
		const { code, stdout } = await result;
		expect(stdout).toMatch(/^ {2}changed +[\d,]+ /m);
		expect(stdout).toMatch(/^ {2}lost +0 /m);
		expect(code).toBe(0);
	});
});
