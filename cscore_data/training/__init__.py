"""Recipe + arrays + subsets -> what each trained model gets right."""
