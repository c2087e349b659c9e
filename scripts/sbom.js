// Writes the list of what is in the package (an SBOM, CycloneDX 1.5): the engines with their digests, and whose code was compiled or
// bundled into it. Nothing is installed with the package, so a list of dependencies would be empty and say nothing. The same
// sources give the same bytes: no time, no random serial number.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const OUTPUT = 'build/sbom.cdx.json';
/** Its standard library is part of every module that it compiles. */
const COMPILED_IN = 'assemblyscript';

/** `bundled` are the directories of the packages that a bundle contains. */
export function writeSbom(bundled) {
	const manifest = readJson('package.json');
	const lock = readJson('package-lock.json').packages;
	const root = { type: 'library', ...described(manifest) };
	const packages = [...new Set([...bundled, `node_modules/${COMPILED_IN}`])]
		.map((directory) => ({
			type: 'library',
			...described(readJson(`${directory}/package.json`)),
			hashes: hashesOf(lock[directory.slice(directory.indexOf('node_modules/'))]?.integrity),
		}))
		.sort((a, b) => (a.purl < b.purl ? -1 : 1));
	const engines = Object.entries(readJson('build/engine.json'))
		.filter(([name]) => !name.includes('fault'))
		.map(([name, digest]) => ({
			type: 'file',
			'bom-ref': name,
			name,
			hashes: [{ alg: 'SHA-256', content: digest }],
		}));
	const components = [...engines, ...packages];
	const sbom = {
		bomFormat: 'CycloneDX',
		specVersion: '1.5',
		serialNumber: `urn:uuid:${uuidOf(JSON.stringify([root, components]))}`,
		version: 1,
		metadata: { component: root },
		components,
		dependencies: [
			{ ref: root['bom-ref'], dependsOn: components.map((component) => component['bom-ref']) },
			...components.map((component) => ({ ref: component['bom-ref'] })),
		],
	};
	writeFileSync(OUTPUT, `${JSON.stringify(sbom, null, '\t')}\n`);
}

function described({ name, version, license }) {
	const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
	return { 'bom-ref': purl, name, version, licenses: [{ license: { id: license } }], purl };
}

/** `sha512-` and base64, as lockfiles have it; CycloneDX wants hexadecimal. */
function hashesOf(integrity) {
	if (!integrity?.startsWith('sha512-')) throw new Error(`sbom: an integrity of ${integrity}`);
	return [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }];
}

function uuidOf(text) {
	const hex = createHash('sha256').update(text).digest('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
		'-',
	);
}

function readJson(path) {
	return JSON.parse(readFileSync(path, 'utf8'));
}
