import { scanTree } from '../../import/local-tree.js';
import { UsageError } from '../failure.js';
import type { Contestant } from './contestant.js';
import { HoldfastContestant } from './holdfast-contestant.js';
import { PromisesContestant } from './promises-contestant.js';
import type { Report } from './report.js';
import { digestTree, type Findings, readTree, storeTree } from './rounds.js';
import { removeLeftOvers, removeTree, Workspace } from './workspace.js';

/**
 * Stores a directory tree through the engine, lets an instance trap half-way, reads everything back and compares it; then does
 * the same work with fs.promises. True when the engine was restarted and nothing was lost.
 */
export async function runJob(directory: string, report: Report, signal: AbortSignal): Promise<boolean> {
	report.begin(removeLeftOvers());
	const tree = await scanTree(directory, { signal });
	if (tree.files.length === 0) throw new UsageError(`there are no files in '${directory}'; name another directory`);
	report.tree(tree);
	const digests = await digestTree(tree, signal);
	const workspace = new Workspace();
	try {
		const round = async (contestant: Contestant, onHalf: () => Promise<void>): Promise<Findings> => {
			const findings: Findings = { lost: new Map(), changed: new Set() };
			const storeMs = await storeTree(contestant, tree, findings, signal, onHalf);
			const readMs = await readTree(contestant, tree, digests, findings, signal);
			report.times(contestant, tree, { storeMs, readMs });
			return findings;
		};

		const root = workspace.place('holdfast');
		const holdfast = new HoldfastContestant(root, signal);
		const { findings, health } = await closing(holdfast, async () => ({
			findings: await round(holdfast, () => holdfast.trapInstance()),
			health: holdfast.health,
		}));
		// One copy at a time is enough for the disk.
		removeTree(root);

		const promises = new PromisesContestant(workspace.place('fs-promises'), signal);
		await closing(promises, () => round(promises, async () => undefined));

		const { restarts, lastTrap } = health;
		report.end({ restarts, lastTrap, repeated: holdfast.repeated, findings }, [holdfast, promises]);
		return restarts === 1 && findings.lost.size === 0;
	} finally {
		workspace.remove();
	}
}

async function closing<T>(contestant: Contestant, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} finally {
		await contestant.close();
	}
}
