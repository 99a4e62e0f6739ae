// Made from the Go types by `make generate`. Do not edit.

export interface AliasMove {
	version: number;
	reason: string;
}

export interface Event {
	seq: number;
	kind: string;
	id: string;
	time: string;
	data?: unknown;
}

export interface Failure {
	kind: string;
	message: string;
	hint?: string;
}

export interface GateClassScore {
	class: string;
	rows: number;
	answered: number;
	recall: number;
	precision: number;
	f1: number;
}

export interface GateComparison {
	alias?: string;
	version: number;
	metric: string;
	value: number;
	reference: number;
	difference: number;
	interval: GateInterval;
	better: number;
	worse: number;
	segments: GateSegmentPair[];
	other: GateScores;
	text: string;
}

export interface GateInterval {
	low: number;
	high: number;
	confidence: number;
	resamples: number;
}

export interface GatePart {
	name: string;
	rows: number;
	value: number;
	passed: boolean;
	text?: string;
}

export interface GateScores {
	accuracy?: number;
	f1?: number;
	precision?: number;
	recall?: number;
	mae?: number;
	rmse?: number;
	classes?: GateClassScore[];
	confusion?: number[][];
}

export interface GateSegmentPair {
	name: string;
	rows: number;
	value: number;
	reference: number;
	difference: number;
	interval: GateInterval;
}

export interface GateVerdict {
	name: string;
	metric: string;
	over?: string;
	per?: string;
	margin?: number;
	min?: number;
	max?: number;
	confidence?: number;
	passed: boolean;
	value: number;
	reference?: number;
	difference?: number;
	interval?: GateInterval;
	parts?: GatePart[];
	text: string;
}

export interface Live {
	model: string;
	alias: string;
	at: string;
	version: number;
	since?: RegistryMove;
}

export interface RegistryComparison {
	a: RegistryVersion;
	b: RegistryVersion;
	same: boolean;
	params: RegistryDifference[];
	metrics: RegistryDifference[];
	paired?: GateComparison;
	paired_text?: string;
}

export interface RegistryDifference {
	key: string;
	a: unknown;
	b: unknown;
}

export interface RegistryEvidence {
	model: string;
	version: number;
	at: string;
	by?: string;
	decision?: string;
	champion?: number;
	holdout?: string;
	label?: string;
	segment?: string;
	passed: boolean;
	rows: number;
	task: string;
	scores: GateScores;
	majority?: GateScores;
	gates: GateVerdict[];
	comparison?: GateComparison;
}

export interface RegistryModel {
	name: string;
	description?: string;
	tags: Record<string, string>;
	aliases: Record<string, number>;
	versions: number;
	latest: number;
	created_at: string;
	updated_at: string;
}

export interface RegistryMove {
	model: string;
	alias: string;
	from: number;
	to: number;
	at: string;
	by?: string;
	reason?: string;
	decision?: string;
}

export interface RegistryReproduction {
	identical: boolean;
	digest: string;
	run_id: string;
	at?: string;
	text: string;
}

export interface RegistryVersion {
	model: string;
	version: number;
	digest: string;
	flavor: string;
	source: string;
	run_id?: string;
	execution_id?: string;
	snapshot_ids?: string[];
	commit?: string;
	signature?: unknown;
	metrics: Record<string, number>;
	params: Record<string, string>;
	baseline?: string;
	holdout?: string;
	label?: string;
	segment?: string;
	task?: string;
	status: string;
	stage: string;
	description?: string;
	tags: Record<string, string>;
	aliases: string[];
	size: number;
	created_at: string;
	updated_at: string;
	created_by?: string;
	reproduced?: RegistryReproduction;
}

/** What goes in and comes out, by method and path under /api/v1. */
export interface Operations {
	"GET /models": {
		path: Record<string, never>;
		query: Record<string, never>;
		body: undefined;
		out: RegistryModel[];
	};
	"GET /models/{name}": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: RegistryModel;
	};
	"DELETE /models/{name}/aliases/{alias}": {
		path: { name: string; alias: string };
		query: { reason?: string };
		body: undefined;
		out: RegistryMove;
	};
	"PUT /models/{name}/aliases/{alias}": {
		path: { name: string; alias: string };
		query: Record<string, never>;
		body: Partial<AliasMove>;
		out: RegistryMove;
	};
	"POST /models/{name}/aliases/{alias}/rollback": {
		path: { name: string; alias: string };
		query: Record<string, never>;
		body: Partial<AliasMove>;
		out: RegistryMove;
	};
	"GET /models/{name}/compare": {
		path: { name: string };
		query: { a?: number; b?: number };
		body: undefined;
		out: RegistryComparison;
	};
	"GET /models/{name}/history": {
		path: { name: string };
		query: { alias?: string };
		body: undefined;
		out: RegistryMove[];
	};
	"GET /models/{name}/live": {
		path: { name: string };
		query: { alias?: string; at?: string };
		body: undefined;
		out: Live;
	};
	"GET /models/{name}/versions": {
		path: { name: string };
		query: Record<string, never>;
		body: undefined;
		out: RegistryVersion[];
	};
	"GET /models/{name}/versions/{number}": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: RegistryVersion;
	};
	"GET /models/{name}/versions/{number}/evidence": {
		path: { name: string; number: number };
		query: Record<string, never>;
		body: undefined;
		out: RegistryEvidence[];
	};
}
