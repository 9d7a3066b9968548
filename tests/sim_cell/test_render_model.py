"""Thinning meshes."""

import numpy as np

from sim_cell.render_model import thin


def grid_mesh(size):
    """A flat square of size x size cells of 1 mm, two triangles each."""
    x, y = np.meshgrid(np.arange(size + 1), np.arange(size + 1), indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1) * 0.001 + 0.0005
    corner = (np.arange(size)[:, None] * (size + 1) + np.arange(size)).ravel()
    lower = np.stack([corner, corner + 1, corner + size + 1], axis=1)
    upper = np.stack([corner + 1, corner + size + 2, corner + size + 1], axis=1)
    return vertices, np.concatenate([lower, upper])


def test_a_fine_mesh_loses_most_faces_and_keeps_its_extent():
    vertices, faces = grid_mesh(50)
    thinned, left = thin(vertices, faces, 0.005)
    assert len(left) < len(faces) / 10
    np.testing.assert_allclose(np.ptp(thinned, axis=0), np.ptp(vertices, axis=0), atol=0.005)


def test_faces_name_three_different_vertices_that_exist():
    thinned, left = thin(*grid_mesh(20), 0.005)
    assert left.min() >= 0
    assert left.max() < len(thinned)
    assert all(len(set(face)) == 3 for face in left.tolist())


def test_a_mesh_coarser_than_the_grid_stays_as_it_is():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    faces = np.array([[0, 1, 2], [0, 1, 3]])
    thinned, left = thin(vertices, faces, 0.005)
    np.testing.assert_allclose(np.sort(thinned, axis=0), np.sort(vertices, axis=0))
    np.testing.assert_allclose(thinned[left], vertices[faces])


def test_sides_keep_their_winding():
    vertices, faces = grid_mesh(20)
    thinned, left = thin(vertices, faces, 0.005)

    def normals(points, triangles):
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        return np.sign(np.cross(b - a, c - a)[:, 2])

    assert set(normals(thinned, left)) == set(normals(vertices, faces)) == {-1.0}
