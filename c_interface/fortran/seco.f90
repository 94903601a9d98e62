!> The homogenized material of a representative volume element (RVE), with guaranteed bounds: the interface
!! in C of seco.h, which describes arguments, results and threads, with the types of Fortran. Numbers of
!! RVEs start from 0, as in C. Matrices are symmetric.
module seco
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, c_null_char, &
                                         c_null_ptr, c_ptr, c_size_t
  implicit none
  private

  integer(c_int), parameter, public :: seco_ok = 0, seco_unreliable = 1, seco_bad_input = 2, seco_failed = 3
  integer(c_int), parameter, public :: seco_voigt = 0, seco_abaqus = 1, seco_mandel = 2

  !> A material; created by one of the functions below, destroyed by seco_destroy.
  type, public :: seco_material
    private
    type(c_ptr) :: handle = c_null_ptr
  end type seco_material

  public :: seco_create_from_rve, seco_create_from_parameters, seco_destroy
  public :: seco_is_created, seco_dimension, seco_n_components, seco_n_rves, seco_unit, seco_n_notes, seco_note
  public :: seco_evaluate, seco_bounds, seco_rve_status, seco_message, seco_version

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

  !> An array of another size would be written beyond its end. A material that was not created has no
  !! components and is left to the library, which says so.
  subroutine require_size(name, found, expected)
    character(*), intent(in) :: name
    integer, intent(in) :: found, expected
    if (expected > 0 .and. found /= expected) then
      write (*, '(3a,i0,a,i0)') 'seco: argument ', name, ' has ', found, ' entries, expected are ', expected
      error stop 1
    end if
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
