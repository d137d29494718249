/** Which history a server's store holds; sent back with a condition, so that versions of another are refused. */
export const storeHeader = 'concord-store'
