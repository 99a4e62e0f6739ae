/** closed says why the project can only be looked at: nothing where it may be changed, undefined before that is known. */
export const closed = $state<{ why?: string }>({})
