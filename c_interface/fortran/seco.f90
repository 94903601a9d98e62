!> The homogenized material of a representative volume element (RVE), with guaranteed bounds, and points with
!! a nonlinear RVE and a history each: the interface in C of seco.h and points.h, which describe arguments,
!! results and threads, with the types of Fortran. Numbers of RVEs and points start from 0, as in C. Matrices
!! are symmetric.
module seco
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, c_int8_t, &
                                         c_null_char, c_null_ptr, c_ptr, c_size_t
  implicit none
  private

  integer(c_int), parameter, public :: seco_ok = 0, seco_unreliable = 1, seco_bad_input = 2, seco_failed = 3, &
                                       seco_shorter_step = 4
  integer(c_int), parameter, public :: seco_voigt = 0, seco_abaqus = 1, seco_mandel = 2

  !> A material; created by one of the functions below, destroyed by seco_destroy.
  type, public :: seco_material
    private
    type(c_ptr) :: handle = c_null_ptr
  end type seco_material

  !> Points with a nonlinear RVE and a history each; created by seco_points_create, destroyed by
  !! seco_points_destroy.
  type, public :: seco_points
    private
    type(c_ptr) :: handle = c_null_ptr
  end type seco_points

  public :: seco_create_from_rve, seco_create_from_parameters, seco_destroy
  public :: seco_is_created, seco_dimension, seco_n_components, seco_n_rves, seco_unit, seco_n_notes, seco_note
  public :: seco_evaluate, seco_bounds, seco_rve_status, seco_message, seco_version
  public :: seco_points_create, seco_points_destroy, seco_points_are_created, seco_points_number
  public :: seco_points_dimension, seco_points_n_components, seco_points_unit, seco_points_n_notes, seco_points_note
  public :: seco_points_evaluate, seco_points_accept, seco_points_reject, seco_points_find, seco_points_increment
  public :: seco_points_save, seco_points_restore, seco_points_mean_state, seco_points_n_variables
  public :: seco_points_variable

  !> Stress, tangent and gap of one point or of a batch.
  interface seco_evaluate
    module procedure evaluate_point, evaluate_points
  end interface seco_evaluate

  interface
    integer(c_int) function c_create_from_rve(rve_file, engine, model, tolerance, material) &
        bind(c, name='seco_create_from_rve')
      import :: c_int, c_char, c_double, c_ptr
      character(kind=c_char), intent(in) :: rve_file(*), engine(*)
      character(kind=c_char), intent(in), optional :: model(*)
      real(c_double), value :: tolerance
      type(c_ptr), intent(out) :: material
    end function c_create_from_rve

    integer(c_int) function c_create_from_parameters(parameter_file, section, n_rves, volume_fraction, material) &
        bind(c, name='seco_create_from_parameters')
      import :: c_int, c_char, c_double, c_ptr
      character(kind=c_char), intent(in) :: parameter_file(*), section(*)
      integer(c_int), value :: n_rves
      real(c_double), intent(in), optional :: volume_fraction(*)
      type(c_ptr), intent(out) :: material
    end function c_create_from_parameters

    subroutine c_destroy(material) bind(c, name='seco_destroy')
      import :: c_ptr
      type(c_ptr), value :: material
    end subroutine c_destroy

    integer(c_int) function c_dimension(material) bind(c, name='seco_dimension')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
    end function c_dimension

    integer(c_int) function c_n_components(material) bind(c, name='seco_n_components')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
    end function c_n_components

    integer(c_int) function c_n_rves(material) bind(c, name='seco_n_rves')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
    end function c_n_rves

    type(c_ptr) function c_unit(material) bind(c, name='seco_unit')
      import :: c_ptr
      type(c_ptr), value :: material
    end function c_unit

    integer(c_int) function c_n_notes(material) bind(c, name='seco_n_notes')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
    end function c_n_notes

    type(c_ptr) function c_note(material, note) bind(c, name='seco_note')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
      integer(c_int), value :: note
    end function c_note

    integer(c_int) function c_evaluate(material, notation, n_points, rve, strain, stress, tangent, gap) &
        bind(c, name='seco_evaluate')
      import :: c_int, c_double, c_ptr
      type(c_ptr), value :: material
      integer(c_int), value :: notation, n_points
      integer(c_int), intent(in), optional :: rve(*)
      real(c_double), intent(in) :: strain(*)
      real(c_double), intent(inout), optional :: stress(*), tangent(*), gap(*)
    end function c_evaluate

    integer(c_int) function c_bounds(material, notation, rve, lower, upper) bind(c, name='seco_bounds')
      import :: c_int, c_double, c_ptr
      type(c_ptr), value :: material
      integer(c_int), value :: notation, rve
      real(c_double), intent(inout), optional :: lower(*), upper(*)
    end function c_bounds

    integer(c_int) function c_rve_status(material, rve) bind(c, name='seco_rve_status')
      import :: c_int, c_ptr
      type(c_ptr), value :: material
      integer(c_int), value :: rve
    end function c_rve_status

    type(c_ptr) function c_message() bind(c, name='seco_message')
      import :: c_ptr
    end function c_message

    type(c_ptr) function c_version() bind(c, name='seco_version')
      import :: c_ptr
    end function c_version

    integer(c_int) function c_points_create(parameter_file, section, n_rves, volume_fraction, n_points, rve, points) &
        bind(c, name='seco_points_create')
      import :: c_int, c_char, c_double, c_ptr
      character(kind=c_char), intent(in) :: parameter_file(*), section(*)
      integer(c_int), value :: n_rves, n_points
      real(c_double), intent(in), optional :: volume_fraction(*)
      integer(c_int), intent(in), optional :: rve(*)
      type(c_ptr), intent(out) :: points
    end function c_points_create

    subroutine c_points_destroy(points) bind(c, name='seco_points_destroy')
      import :: c_ptr
      type(c_ptr), value :: points
    end subroutine c_points_destroy

    integer(c_int) function c_points_number(points) bind(c, name='seco_points_number')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
    end function c_points_number

    integer(c_int) function c_points_dimension(points) bind(c, name='seco_points_dimension')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
    end function c_points_dimension

    integer(c_int) function c_points_n_components(points) bind(c, name='seco_points_n_components')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
    end function c_points_n_components

    type(c_ptr) function c_points_unit(points) bind(c, name='seco_points_unit')
      import :: c_ptr
      type(c_ptr), value :: points
    end function c_points_unit

    integer(c_int) function c_points_n_notes(points) bind(c, name='seco_points_n_notes')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
    end function c_points_n_notes

    type(c_ptr) function c_points_note(points, note) bind(c, name='seco_points_note')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: note
    end function c_points_note

    integer(c_int) function c_points_evaluate(points, notation, n, point, time_step, strain, stress, tangent, energy, &
                                              gap, error, step_fraction) bind(c, name='seco_points_evaluate')
      import :: c_int, c_double, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: notation, n
      integer(c_int), intent(in), optional :: point(*)
      real(c_double), value :: time_step
      real(c_double), intent(in) :: strain(*)
      real(c_double), intent(inout), optional :: stress(*), tangent(*), energy(*), gap(*), error(*), step_fraction(*)
    end function c_points_evaluate

    integer(c_int) function c_points_accept(points, n, point) bind(c, name='seco_points_accept')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: n
      integer(c_int), intent(in), optional :: point(*)
    end function c_points_accept

    integer(c_int) function c_points_reject(points, n, point) bind(c, name='seco_points_reject')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: n
      integer(c_int), intent(in), optional :: point(*)
    end function c_points_reject

    integer(c_int) function c_points_find(points, element, integration_point, point) bind(c, name='seco_points_find')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: element, integration_point
      integer(c_int), intent(inout) :: point
    end function c_points_find

    integer(c_int) function c_points_increment(points, notation, point, time, time_step, strain, strain_increment, &
                                               stress, tangent, energy, gap, error, step_fraction) &
        bind(c, name='seco_points_increment')
      import :: c_int, c_double, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: notation, point
      real(c_double), value :: time, time_step
      real(c_double), intent(in) :: strain(*), strain_increment(*)
      real(c_double), intent(inout), optional :: stress(*), tangent(*), energy, gap, error, step_fraction
    end function c_points_increment

    integer(c_int) function c_points_save(points, point, bytes, n_bytes) bind(c, name='seco_points_save')
      import :: c_int, c_int8_t, c_ptr, c_size_t
      type(c_ptr), value :: points
      integer(c_int), value :: point
      integer(c_int8_t), intent(inout), optional :: bytes(*)
      integer(c_size_t), intent(inout) :: n_bytes
    end function c_points_save

    integer(c_int) function c_points_restore(points, point, bytes, n_bytes) bind(c, name='seco_points_restore')
      import :: c_int, c_int8_t, c_ptr, c_size_t
      type(c_ptr), value :: points
      integer(c_int), value :: point
      integer(c_int8_t), intent(in) :: bytes(*)
      integer(c_size_t), value :: n_bytes
    end function c_points_restore

    integer(c_int) function c_points_mean_state(points, point, variable, mean) bind(c, name='seco_points_mean_state')
      import :: c_int, c_char, c_double, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: point
      character(kind=c_char), intent(in) :: variable(*)
      real(c_double), intent(inout) :: mean
    end function c_points_mean_state

    integer(c_int) function c_points_n_variables(points) bind(c, name='seco_points_n_variables')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
    end function c_points_n_variables

    type(c_ptr) function c_points_variable(points, variable) bind(c, name='seco_points_variable')
      import :: c_int, c_ptr
      type(c_ptr), value :: points
      integer(c_int), value :: variable
    end function c_points_variable

    integer(c_size_t) function c_length(text) bind(c, name='strlen')
      import :: c_ptr, c_size_t
      type(c_ptr), value :: text
    end function c_length
  end interface

contains

  !> @param model  absent for engines without a network
  integer(c_int) function seco_create_from_rve(rve_file, engine, material, model, tolerance) result(code)
    character(*), intent(in) :: rve_file, engine
    type(seco_material), intent(out) :: material
    character(*), intent(in), optional :: model
    real(c_double), intent(in), optional :: tolerance
    real(c_double) :: wanted
    wanted = 0
    if (present(tolerance)) wanted = tolerance
    if (present(model)) then
      code = c_create_from_rve(to_c(rve_file), to_c(engine), to_c(model), wanted, material%handle)
    else
      code = c_create_from_rve(to_c(rve_file), to_c(engine), tolerance=wanted, material=material%handle)
    end if
  end function seco_create_from_rve

  !> @param n_rves  1 if absent
  !! @param volume_fraction  of n_rves RVEs
  integer(c_int) function seco_create_from_parameters(parameter_file, section, material, n_rves, &
                                                      volume_fraction) result(code)
    character(*), intent(in) :: parameter_file, section
    type(seco_material), intent(out) :: material
    integer, intent(in), optional :: n_rves
    real(c_double), contiguous, intent(in), optional :: volume_fraction(:)
    integer(c_int) :: n
    n = 1
    if (present(n_rves)) n = int(n_rves, c_int)
    if (present(volume_fraction)) then
      if (size(volume_fraction) /= n) error stop 'seco_create_from_parameters: volume_fraction has not n_rves entries'
    end if
    code = c_create_from_parameters(to_c(parameter_file), to_c(section), n, volume_fraction, material%handle)
  end function seco_create_from_parameters

  subroutine seco_destroy(material)
    type(seco_material), intent(inout) :: material
    call c_destroy(material%handle)
    material%handle = c_null_ptr
  end subroutine seco_destroy

  logical function seco_is_created(material)
    type(seco_material), intent(in) :: material
    seco_is_created = c_associated(material%handle)
  end function seco_is_created

  integer function seco_dimension(material)
    type(seco_material), intent(in) :: material
    seco_dimension = int(c_dimension(material%handle))
  end function seco_dimension

  integer function seco_n_components(material)
    type(seco_material), intent(in) :: material
    seco_n_components = int(c_n_components(material%handle))
  end function seco_n_components

  integer function seco_n_rves(material)
    type(seco_material), intent(in) :: material
    seco_n_rves = int(c_n_rves(material%handle))
  end function seco_n_rves

  function seco_unit(material) result(text)
    type(seco_material), intent(in) :: material
    character(:), allocatable :: text
    text = to_fortran(c_unit(material%handle))
  end function seco_unit

  integer function seco_n_notes(material)
    type(seco_material), intent(in) :: material
    seco_n_notes = int(c_n_notes(material%handle))
  end function seco_n_notes

  !> @param note  numbered from 0
  function seco_note(material, note) result(text)
    type(seco_material), intent(in) :: material
    integer, intent(in) :: note
    character(:), allocatable :: text
    text = to_fortran(c_note(material%handle, int(note, c_int)))
  end function seco_note

  !> One point.
  !! @param strain, stress  m components
  !! @param tangent  m x m
  !! @param rve  0 if absent
  integer(c_int) function evaluate_point(material, notation, strain, stress, tangent, gap, rve) result(code)
    type(seco_material), intent(in) :: material
    integer(c_int), intent(in) :: notation
    real(c_double), contiguous, intent(in) :: strain(:)
    real(c_double), contiguous, intent(inout), optional :: stress(:), tangent(:, :)
    real(c_double), intent(out), optional :: gap
    integer(c_int), intent(in), optional :: rve
    real(c_double) :: gaps(1)
    integer(c_int) :: rves(1)
    integer :: m
    m = seco_n_components(material)
    call require_size('strain', size(strain), m)
    if (present(stress)) call require_size('stress', size(stress), m)
    if (present(tangent)) call require_size('tangent', size(tangent), m * m)
    rves = 0
    if (present(rve)) rves = rve
    gaps = 0
    code = c_evaluate(material%handle, notation, 1_c_int, rves, strain, stress, tangent, gaps)
    if (present(gap)) gap = gaps(1)
  end function evaluate_point

  !> A batch.
  !! @param strain, stress  m x n_points
  !! @param tangent  m x m x n_points
  !! @param gap, rve  n_points; RVE 0 everywhere if absent
  integer(c_int) function evaluate_points(material, notation, strain, stress, tangent, gap, rve) result(code)
    type(seco_material), intent(in) :: material
    integer(c_int), intent(in) :: notation
    real(c_double), contiguous, intent(in) :: strain(:, :)
    real(c_double), contiguous, intent(inout), optional :: stress(:, :), tangent(:, :, :), gap(:)
    integer(c_int), contiguous, intent(in), optional :: rve(:)
    integer :: m, n
    m = seco_n_components(material)
    n = size(strain, 2)
    call require_size('strain', size(strain), m * n)
    if (present(stress)) call require_size('stress', size(stress), m * n)
    if (present(tangent)) call require_size('tangent', size(tangent), m * m * n)
    if (present(gap)) call require_size('gap', size(gap), n)
    if (present(rve)) call require_size('rve', size(rve), n)
    code = c_evaluate(material%handle, notation, int(n, c_int), rve, strain, stress, tangent, gap)
  end function evaluate_points

  !> @param lower, upper  m x m
  integer(c_int) function seco_bounds(material, notation, rve, lower, upper) result(code)
    type(seco_material), intent(in) :: material
    integer(c_int), intent(in) :: notation, rve
    real(c_double), contiguous, intent(inout), optional :: lower(:, :), upper(:, :)
    integer :: m
    m = seco_n_components(material)
    if (present(lower)) call require_size('lower', size(lower), m * m)
    if (present(upper)) call require_size('upper', size(upper), m * m)
    code = c_bounds(material%handle, notation, rve, lower, upper)
  end function seco_bounds

  integer(c_int) function seco_rve_status(material, rve) result(code)
    type(seco_material), intent(in) :: material
    integer(c_int), intent(in) :: rve
    code = c_rve_status(material%handle, rve)
  end function seco_rve_status

  function seco_message() result(text)
    character(:), allocatable :: text
    text = to_fortran(c_message())
  end function seco_message

  function seco_version() result(text)
    character(:), allocatable :: text
    text = to_fortran(c_version())
  end function seco_version

  !> @param n_rves  1 if absent
  !! @param volume_fraction  of n_rves RVEs
  !! @param rve  of n_points points; RVE 0 everywhere if absent
  integer(c_int) function seco_points_create(parameter_file, section, n_points, points, n_rves, volume_fraction, &
                                             rve) result(code)
    character(*), intent(in) :: parameter_file, section
    integer, intent(in) :: n_points
    type(seco_points), intent(out) :: points
    integer, intent(in), optional :: n_rves
    real(c_double), contiguous, intent(in), optional :: volume_fraction(:)
    integer(c_int), contiguous, intent(in), optional :: rve(:)
    integer(c_int) :: n
    n = 1
    if (present(n_rves)) n = int(n_rves, c_int)
    if (present(volume_fraction)) call require_entries('volume_fraction', size(volume_fraction), int(n))
    if (present(rve)) call require_entries('rve', size(rve), n_points)
    code = c_points_create(to_c(parameter_file), to_c(section), n, volume_fraction, int(n_points, c_int), rve, &
                           points%handle)
  end function seco_points_create

  subroutine seco_points_destroy(points)
    type(seco_points), intent(inout) :: points
    call c_points_destroy(points%handle)
    points%handle = c_null_ptr
  end subroutine seco_points_destroy

  logical function seco_points_are_created(points)
    type(seco_points), intent(in) :: points
    seco_points_are_created = c_associated(points%handle)
  end function seco_points_are_created

  integer function seco_points_number(points)
    type(seco_points), intent(in) :: points
    seco_points_number = int(c_points_number(points%handle))
  end function seco_points_number

  integer function seco_points_dimension(points)
    type(seco_points), intent(in) :: points
    seco_points_dimension = int(c_points_dimension(points%handle))
  end function seco_points_dimension

  integer function seco_points_n_components(points)
    type(seco_points), intent(in) :: points
    seco_points_n_components = int(c_points_n_components(points%handle))
  end function seco_points_n_components

  function seco_points_unit(points) result(text)
    type(seco_points), intent(in) :: points
    character(:), allocatable :: text
    text = to_fortran(c_points_unit(points%handle))
  end function seco_points_unit

  integer function seco_points_n_notes(points)
    type(seco_points), intent(in) :: points
    seco_points_n_notes = int(c_points_n_notes(points%handle))
  end function seco_points_n_notes

  !> @param note  numbered from 0
  function seco_points_note(points, note) result(text)
    type(seco_points), intent(in) :: points
    integer, intent(in) :: note
    character(:), allocatable :: text
    text = to_fortran(c_points_note(points%handle, int(note, c_int)))
  end function seco_points_note

  !> @param strain, stress  m x n
  !! @param tangent  m x m x n
  !! @param energy, gap, error, step_fraction  n
  !! @param point  numbers of the n points; all points in order if absent
  integer(c_int) function seco_points_evaluate(points, notation, time_step, strain, stress, tangent, energy, gap, &
                                               error, step_fraction, point) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), intent(in) :: notation
    real(c_double), intent(in) :: time_step
    real(c_double), contiguous, intent(in) :: strain(:, :)
    real(c_double), contiguous, intent(inout), optional :: stress(:, :), tangent(:, :, :)
    real(c_double), contiguous, intent(inout), optional :: energy(:), gap(:), error(:), step_fraction(:)
    integer(c_int), contiguous, intent(in), optional :: point(:)
    integer :: m, n
    m = seco_points_n_components(points)
    n = size(strain, 2)
    call require_size('strain', size(strain), m * n)
    if (present(stress)) call require_size('stress', size(stress), m * n)
    if (present(tangent)) call require_size('tangent', size(tangent), m * m * n)
    if (present(energy)) call require_entries('energy', size(energy), n)
    if (present(gap)) call require_entries('gap', size(gap), n)
    if (present(error)) call require_entries('error', size(error), n)
    if (present(step_fraction)) call require_entries('step_fraction', size(step_fraction), n)
    if (present(point)) call require_entries('point', size(point), n)
    code = c_points_evaluate(points%handle, notation, int(n, c_int), point, time_step, strain, stress, tangent, &
                             energy, gap, error, step_fraction)
  end function seco_points_evaluate

  !> @param point  numbers of points; all if absent
  integer(c_int) function seco_points_accept(points, point) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), contiguous, intent(in), optional :: point(:)
    if (present(point)) then
      code = c_points_accept(points%handle, int(size(point), c_int), point)
    else
      code = c_points_accept(points%handle, 0_c_int)
    end if
  end function seco_points_accept

  !> @param point  numbers of points; all if absent
  integer(c_int) function seco_points_reject(points, point) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), contiguous, intent(in), optional :: point(:)
    if (present(point)) then
      code = c_points_reject(points%handle, int(size(point), c_int), point)
    else
      code = c_points_reject(points%handle, 0_c_int)
    end if
  end function seco_points_reject

  integer(c_int) function seco_points_find(points, element, integration_point, point) result(code)
    type(seco_points), intent(in) :: points
    integer, intent(in) :: element, integration_point
    integer(c_int), intent(out) :: point
    point = -1
    code = c_points_find(points%handle, int(element, c_int), int(integration_point, c_int), point)
  end function seco_points_find

  !> One point, for a host that does not say when increments end.
  !! @param strain, strain_increment, stress  m components
  !! @param tangent  m x m
  integer(c_int) function seco_points_increment(points, notation, point, time, time_step, strain, strain_increment, &
                                                stress, tangent, energy, gap, error, step_fraction) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), intent(in) :: notation, point
    real(c_double), intent(in) :: time, time_step
    real(c_double), contiguous, intent(in) :: strain(:), strain_increment(:)
    real(c_double), contiguous, intent(inout), optional :: stress(:), tangent(:, :)
    real(c_double), intent(inout), optional :: energy, gap, error, step_fraction
    integer :: m
    m = seco_points_n_components(points)
    call require_size('strain', size(strain), m)
    call require_size('strain_increment', size(strain_increment), m)
    if (present(stress)) call require_size('stress', size(stress), m)
    if (present(tangent)) call require_size('tangent', size(tangent), m * m)
    code = c_points_increment(points%handle, notation, point, time, time_step, strain, strain_increment, stress, &
                              tangent, energy, gap, error, step_fraction)
  end function seco_points_increment

  !> @param bytes  of the state of the point
  integer(c_int) function seco_points_save(points, point, bytes) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), intent(in) :: point
    integer(c_int8_t), allocatable, intent(out) :: bytes(:)
    integer(c_size_t) :: n
    n = 0
    code = c_points_save(points%handle, point, n_bytes=n)
    if (code /= seco_ok) return
    allocate (bytes(n))
    code = c_points_save(points%handle, point, bytes, n)
  end function seco_points_save

  integer(c_int) function seco_points_restore(points, point, bytes) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), intent(in) :: point
    integer(c_int8_t), contiguous, intent(in) :: bytes(:)
    code = c_points_restore(points%handle, point, bytes, int(size(bytes), c_size_t))
  end function seco_points_restore

  !> @param variable  name of a state variable
  integer(c_int) function seco_points_mean_state(points, point, variable, mean) result(code)
    type(seco_points), intent(in) :: points
    integer(c_int), intent(in) :: point
    character(*), intent(in) :: variable
    real(c_double), intent(out) :: mean
    mean = 0
    code = c_points_mean_state(points%handle, point, to_c(variable), mean)
  end function seco_points_mean_state

  integer function seco_points_n_variables(points)
    type(seco_points), intent(in) :: points
    seco_points_n_variables = int(c_points_n_variables(points%handle))
  end function seco_points_n_variables

  !> @param variable  numbered from 0
  function seco_points_variable(points, variable) result(text)
    type(seco_points), intent(in) :: points
    integer, intent(in) :: variable
    character(:), allocatable :: text
    text = to_fortran(c_points_variable(points%handle, int(variable, c_int)))
  end function seco_points_variable

  !> An array of another size would be read or written beyond its end.
  subroutine require_entries(name, found, expected)
    character(*), intent(in) :: name
    integer, intent(in) :: found, expected
    if (found /= expected) then
      write (*, '(3a,i0,a,i0)') 'seco: argument ', name, ' has ', found, ' entries, expected are ', expected
      error stop 1
    end if
  end subroutine require_entries

  !> An array of another size would be written beyond its end. A material that was not created has no
  !! components and is left to the library, which says so.
  subroutine require_size(name, found, expected)
    character(*), intent(in) :: name
    integer, intent(in) :: found, expected
    if (expected > 0) call require_entries(name, found, expected)
  end subroutine require_size

  !> Without the blanks that fill up strings of fixed length.
  pure function to_c(text) result(c_text)
    character(*), intent(in) :: text
    character(kind=c_char, len=:), allocatable :: c_text
    c_text = trim(text)//c_null_char
  end function to_c

  function to_fortran(c_text) result(text)
    type(c_ptr), intent(in) :: c_text
    character(:), allocatable :: text
    character(kind=c_char), pointer :: characters(:)
    integer :: i, n
    n = int(c_length(c_text))
    call c_f_pointer(c_text, characters, [n])
    allocate (character(n) :: text)
    do i = 1, n
      text(i:i) = characters(i)
    end do
  end function to_fortran
end module seco
