/** Whether a value is an object with members: not null, and not an array. */
export const isRecord = (value: unknown): value is { [member: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
