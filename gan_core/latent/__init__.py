r"""The latent space: where the generator's noise z lives, and how to walk in it.

    players     copies of the networks as they stood at one step, to be used while the run goes on
    prior       what the prior makes likely: seeded points, norms, density
    paths       lerp, slerp, normalised lerp; step lengths
    plane       flat pieces of the space: through three points, or along two directions
    directions  PCA of the first layer (GANSpace), the first weight's eigenvectors (SeFa), labels and attributes
    attributes  what can be measured in a sample: ink, slant, width
    influence   which coordinates, directions and units change the most
    inversion   the z whose sample is nearest to a given one
    memory      nearest training samples, and the test whether samples are copies
    units       the generator's inside: activations, units switched off
    folding     where G sends the plane of z, and what lies on the bridges between modes
    search      an inversion as it is shown
    points      a z as text, for links and requests
    desk        what a page asks at one moment of a run, in NumPy
    analyses    the same for influence, directions, copies and units

Conventions: z is ``[n, latent_dim]``, float32; samples are in network units; a direction is a unit vector, and since
the prior has variance 1 along every direction, one unit of length is one σ. Classes of a conditional generator are
weights ``[n, n_classes]`` whose rows sum to 1, so that there are points between two classes. All work on copies, take
their randomness from streams of their own and change nothing in a run.
"""
