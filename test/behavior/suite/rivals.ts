import type { HoldfastError, Operator } from 'holdfast';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeScene, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const RIVALS = 100;

/** Many calls in flight at once. Only asynchronous calls can be. */
export function rivalBehavior(service: ServiceUnderTest): void {
	describeScene(service, 'calls in flight together', 'async', (scene) => {
		it('of 100 rivals that write with ifNotExists exactly one wins', async () => {
			const path = `${scene.fresh()}/deep/file`;
			const operators = operatorsOf(scene);
			const write = (rival: number): Promise<unknown> =>
				operators[rival % operators.length].write(path, contentOf(rival), { ifNotExists: true });
			if (await scene.lacks('writeWithIfNotExists', () => write(0))) return;
			const winner = onlyWinner(await Promise.allSettled(Array.from({ length: RIVALS }, (_, rival) => write(rival))));
			expectBytes(await scene.op.read(path), contentOf(winner));
			expect(pathsOf(await scene.op.list(path.slice(0, -4)))).toHaveLength(2);
		});

		it('of 100 rivals that close a writer with ifNotExists exactly one wins', async () => {
			const path = `${scene.fresh()}/file`;
			const operators = operatorsOf(scene);
			const write = async (rival: number): Promise<void> => {
				const writer = await operators[rival % operators.length].writer(path, { ifNotExists: true });
				await writer.write(contentOf(rival));
				await writer.close();
			};
			if (await scene.lacks('writeWithIfNotExists', () => write(0))) return;
			const winner = onlyWinner(await Promise.allSettled(Array.from({ length: RIVALS }, (_, rival) => write(rival))));
			expectBytes(await scene.op.read(path), contentOf(winner));
		});

		it('of 100 rivals that copy or rename with ifNotExists exactly one wins', async () => {
			for (const method of ['copy', 'rename'] as const) {
				const directory = scene.fresh();
				const numbers = Array.from({ length: RIVALS }, (_, rival) => rival);
				await Promise.all(numbers.map((rival) => scene.op.write(`${directory}/${rival}`, contentOf(rival))));
				const transfer = (rival: number): Promise<unknown> =>
					scene.op[method](`${directory}/${rival}`, `${directory}/target`, { ifNotExists: true });
				if (await scene.lacks(method, () => transfer(0))) return;
				const winner = onlyWinner(await Promise.allSettled(numbers.map(transfer)));
				expectBytes(await scene.op.read(`${directory}/target`), contentOf(winner));
				for (const rival of numbers) {
					const stays = method === 'copy' || rival !== winner;
					expect(await scene.op.exists(`${directory}/${rival}`), `source ${rival}`).toBe(stays);
				}
			}
		});

		it('400 writes to different files all read back', async () => {
			const directory = scene.fresh();
			const contents = Array.from({ length: 400 }, (_, index) => patternBytes((index * 977) % 50_000, index + 1));
			const path = (index: number): string => `${directory}/${index % 7}/file-${index}`;
			await Promise.all(contents.map((content, index) => scene.op.write(path(index), content)));
			const read = await Promise.all(contents.map((_, index) => scene.op.read(path(index))));
			for (const [index, content] of contents.entries()) expectBytes(read[index], content);
			const entries = await scene.op.list(`${directory}/`, { recursive: true });
			expect(entries.filter((entry) => entry.metadata().isFile())).toHaveLength(contents.length);
		});

		it('20 large writes to different files all read back', async () => {
			const directory = scene.fresh();
			const contents = Array.from({ length: 20 }, (_, index) => patternBytes(2_500_000 + index, index + 1));
			await Promise.all(contents.map((content, index) => scene.op.write(`${directory}/${index}`, content)));
			const read = await Promise.all(contents.map((_, index) => scene.op.read(`${directory}/${index}`)));
			for (const [index, content] of contents.entries()) expectBytes(read[index], content);
		});

		it('2,000 reads of one file all give its content', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(10_000);
			await scene.op.write(path, content);
			const read = await Promise.all(Array.from({ length: 2000 }, () => scene.op.read(path)));
			for (const bytes of read) expectBytes(bytes, content);
		});

		it('40 open writers are all served', async () => {
			const directory = scene.fresh();
			const pieces = Array.from({ length: 5 }, (_, index) => patternBytes(9000, index + 1));
			const writeOne = async (index: number): Promise<void> => {
				const writer = await scene.op.writer(`${directory}/${index}`);
				for (const piece of pieces) await writer.write(piece);
				await writer.close();
			};
			await Promise.all(Array.from({ length: 40 }, (_, index) => writeOne(index)));
			for (let index = 0; index < 40; index++) {
				expectBytes(await scene.op.read(`${directory}/${index}`), Buffer.concat(pieces));
			}
		});

		it('writes of one file leave one of the contents, whole', async () => {
			const path = `${scene.fresh()}/file`;
			const contents = Array.from({ length: 30 }, (_, index) => patternBytes(100_000 + index, index + 1));
			await Promise.all(contents.map((content) => scene.op.write(path, content)));
			const left = await scene.op.read(path);
			expectBytes(left, contents[left.length - 100_000]);
		});

		it('a file that is replaced again and again is always read whole, old or new', async () => {
			const path = `${scene.fresh()}/file`;
			const contents = [patternBytes(30_000, 1), patternBytes(70_000, 2)];
			await scene.op.write(path, contents[0]);
			let writing = true;
			const readAll = async (): Promise<void> => {
				while (writing) {
					const bytes = await scene.op.read(path);
					expectBytes(bytes, contents[bytes.length === 30_000 ? 0 : 1]);
				}
			};
			const writeAll = async (): Promise<void> => {
				try {
					for (let round = 1; round <= 60; round++) await scene.op.write(path, contents[round % 2]);
				} finally {
					writing = false;
				}
			};
			await Promise.all([readAll(), readAll(), readAll(), writeAll()]);
		});

		it('a missing directory made by 100 writers at once is made once', async () => {
			const directory = scene.fresh();
			const names = Array.from({ length: RIVALS }, (_, index) => `${directory}/a/b/c/${index}`);
			await Promise.all(names.map((name) => scene.op.write(name, name)));
			expect(await scene.op.list(`${directory}/a/b/c/`)).toHaveLength(RIVALS + 1);
		});

		it('failures and successes in flight together keep apart', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/file`, 'content');
			const calls = Array.from({ length: 300 }, async (_, index) => {
				if (index % 3 === 0) return void (await expectCode(scene.op.read(`${directory}/missing-${index}`), 'NotFound'));
				if (index % 3 === 1) return void (await expectCode(scene.op.read(`${directory}/`), 'IsADirectory'));
				expectBytes(await scene.op.read(`${directory}/file`), 'content');
			});
			await Promise.all(calls);
		});
	});
}

/** Two operators over the same content where the service has that: rivals then sit behind different front doors. */
function operatorsOf(scene: Scene): Operator[] {
	const { again } = scene.opened;
	return again === null ? [scene.op] : [scene.op, again()];
}

function contentOf(rival: number): string {
	return `written by rival ${rival}`;
}

function onlyWinner(results: readonly PromiseSettledResult<unknown>[]): number {
	const winners = results.flatMap((result, rival) => (result.status === 'fulfilled' ? [rival] : []));
	const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as HoldfastError] : []));
	expect([...new Set(reasons.map((reason) => reason.code ?? reason))]).toEqual(['ConditionNotMatch']);
	expect(winners).toHaveLength(1);
	return winners[0];
}
