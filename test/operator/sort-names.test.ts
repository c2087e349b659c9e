import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedName } from '#host/operator/list-page';
import { byOrder } from '#host/operator/name-order';
import { sortNames } from '#host/operator/sort-names';

const NO_STAT = { kind: 0, inode: 0n, size: 0n, accessedNs: 0n, modifiedNs: 0n, changedNs: 0n };

function listed(name: string, isDirectory = false): ListedName {
	return { name, isDirectory, isLink: false, stat: NO_STAT };
}

function inOrder(names: readonly ListedName[]): ListedName[] {
	return [...names].sort(byOrder);
}

describe('sortNames', () => {
	// Few different units, at the edges of what a lead tells: so that ties, ends and directories meet.
	const unit = fc.constantFrom('a', 'b', '.', '0', '\x01', '\u00fe', '\u00ff', '\u0100', '\u{1f600}');
	const name = fc.record({
		name: fc.array(unit, { minLength: 1, maxLength: 12 }).map((units) => units.join('')),
		isDirectory: fc.boolean(),
	});
	const names = fc.uniqueArray(name, { minLength: 30, maxLength: 300, selector: ({ name }) => name });

	it('gives the order of the paths, whatever the names have in common', () => {
		fc.assert(
			fc.property(names, fc.constantFrom('', 'photo-', '\u0101\u00ff'), (found, prefix) => {
				const all = found.map(({ name, isDirectory }) => listed(prefix + name, isDirectory));
				expect(sortNames([...all])).toEqual(inOrder(all));
			}),
		);
	});

	// The fewer units there are, the more of them are told at once; the slash of a directory counts where there is one.
	it.each(['01', '0123456789', '.0', 'abcdefghijklmnopqrstuvwxyz', '\ufffe\uffff'])(
		'gives the order of names that are made of %j',
		(units) => {
			const some = fc.record({
				name: fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 40 }).map((all) => all.join('')),
				isDirectory: fc.boolean(),
			});
			const many = fc.uniqueArray(some, { minLength: 32, maxLength: 200, selector: (one) => one.name });
			fc.assert(
				fc.property(many, fc.boolean(), (found, hasDirectories) => {
					const all = found.map(({ name, isDirectory }) => listed(name, isDirectory && hasDirectories));
					expect(sortNames([...all])).toEqual(inOrder(all));
				}),
			);
		},
	);

	it('keeps every name when one stands apart and all others share more than a lead', () => {
		const shared = Array.from({ length: 5000 }, (_, index) => listed(`b${'x'.repeat(40)}${(index * 7919) % 5000}`));
		const all = [...shared.slice(0, 100), listed('a'), ...shared.slice(100)];
		expect(sortNames([...all])).toEqual(inOrder(all));
	});

	it('ends where each name is the beginning of the next one', () => {
		const all = Array.from({ length: 200 }, (_, index) => listed('a'.repeat(200 - index), index % 2 === 0));
		expect(sortNames([...all])).toEqual(inOrder(all));
	});
});
