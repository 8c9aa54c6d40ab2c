// Style expressions, as far as legends need them: what a layer looks like for given properties at a zoom.

export interface Situation {
  readonly zoom: number;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry?: 'Point' | 'LineString' | 'Polygon';
}

type Operator = (args: readonly unknown[], at: Situation) => unknown;

/** The value of an expression (or of a constant); undefined for operators that a legend has no use for. */
export function evaluate(expression: unknown, at: Situation): unknown {
  if (!Array.isArray(expression) || typeof expression[0] !== 'string') return expression;
  const [name, ...args] = expression as [string, ...unknown[]];
  return operators[name]?.(args, at);
}

const all = (args: readonly unknown[], at: Situation): unknown[] => args.map((arg) => evaluate(arg, at));
const number = (value: unknown): number => Number(value ?? 0); // the specification: null becomes 0

function compare(test: (a: number, b: number) => boolean): Operator {
  return (args, at) => {
    const [a, b] = all(args, at);
    return test(number(a), number(b));
  };
}

const operators: Readonly<Record<string, Operator>> = {
  literal: ([value]) => value,
  get: ([key], at) => at.properties[String(evaluate(key, at))] ?? null,
  has: ([key], at) => at.properties[String(evaluate(key, at))] !== undefined,
  zoom: (_, at) => at.zoom,
  'geometry-type': (_, at) => at.geometry,
  '!': ([value], at) => !evaluate(value, at),
  '==': (args, at) => equal(all(args, at)),
  '!=': (args, at) => !equal(all(args, at)),
  '<': compare((a, b) => a < b),
  '<=': compare((a, b) => a <= b),
  '>': compare((a, b) => a > b),
  '>=': compare((a, b) => a >= b),
  all: (args, at) => args.every((arg) => evaluate(arg, at)),
  any: (args, at) => args.some((arg) => evaluate(arg, at)),
  in: ([needle, hay], at) => {
    const place = evaluate(hay, at);
    return (Array.isArray(place) || typeof place === 'string') && place.includes(evaluate(needle, at) as string);
  },
  coalesce: (args, at) => all(args, at).find((value) => value !== null && value !== undefined) ?? null,
  'to-number': (args, at) => all(args, at).map(number).find((value) => !Number.isNaN(value)) ?? 0,
  'to-string': ([value], at) => String(evaluate(value, at) ?? ''),
  '+': (args, at) => all(args, at).reduce<number>((sum, value) => sum + number(value), 0),
  '*': (args, at) => all(args, at).reduce<number>((product, value) => product * number(value), 1),
  '-': (args, at) => {
    const values = all(args, at).map(number);
    return values.length === 1 ? -values[0]! : values[0]! - values[1]!;
  },
  round: ([value], at) => Math.round(number(evaluate(value, at))),
  case: (args, at) => {
    for (let i = 0; i + 1 < args.length; i += 2) if (evaluate(args[i], at)) return evaluate(args[i + 1], at);
    return evaluate(args.at(-1), at);
  },
  match: ([input, ...arms], at) => {
    const value = evaluate(input, at);
    for (let i = 0; i + 1 < arms.length; i += 2) {
      const label = arms[i];
      if (Array.isArray(label) ? label.includes(value) : label === value) return evaluate(arms[i + 1], at);
    }
    return evaluate(arms.at(-1), at);
  },
  step: ([input, first, ...stops], at) => {
    const value = number(evaluate(input, at));
    let result = first;
    for (let i = 0; i + 1 < stops.length; i += 2) if (value >= number(stops[i])) result = stops[i + 1];
    return evaluate(result, at);
  },
  interpolate: ([kind, input, ...stops], at) => {
    const value = number(evaluate(input, at));
    const inputs = stops.filter((_, i) => i % 2 === 0).map(number);
    const output = (i: number): unknown => evaluate(stops[i * 2 + 1], at);
    const above = inputs.findIndex((stop) => stop > value);
    if (above < 0) return output(inputs.length - 1);
    if (above === 0) return output(0);
    const [from, to] = [inputs[above - 1]!, inputs[above]!];
    const base = Array.isArray(kind) && kind[0] === 'exponential' ? number(kind[1]) : 1;
    const t = base === 1 ? (value - from) / (to - from) : (base ** (value - from) - 1) / (base ** (to - from) - 1);
    const [a, b] = [output(above - 1), output(above)];
    if (typeof a === 'number' && typeof b === 'number') return a + (b - a) * t;
    return t < 0.5 ? a : b; // colours: the nearer one will do for a legend
  },
};

function equal([a, b]: readonly unknown[]): boolean {
  return a === b;
}
